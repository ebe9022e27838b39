"""What jobs announce."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RunChanged:
    """Another lead begins a job anew, or goes on where the own run had stopped (Job.run)."""

    job_id: str
