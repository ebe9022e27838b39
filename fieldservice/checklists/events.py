"""What happened to checklists."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ChecklistPublished:
    """From now on visits of this kind that begin are done by another version."""

    job_type: str
    #: None: of the whole organisation (a branch with its own is not concerned)
    branch_id: str | None
