"""What a visit announces."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ShownContentChanged:
    """Something that the customer is shown before signing may have changed: then a new signature is needed."""

    job_id: str
