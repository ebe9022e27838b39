"""What jobs announce."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class RunChanged:
    """Another lead begins a job anew, or goes on where the own run had stopped (Job.run)."""

    job_id: str


@dataclass(frozen=True)
class LeadChanged:
    """Another technician goes, the first one included; `lead_id` None: nobody goes any more."""

    job_id: str
    case_id: str
    lead_id: str | None
    at: datetime
