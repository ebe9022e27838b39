"""What a visit announces."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ShownContentChanged:
    """Something changed that the customer is shown before signing: what was signed no longer stands for the job."""

    job_id: str
