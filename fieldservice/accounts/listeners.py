"""Changes of branches stand in the access log too."""

from fieldservice.accounts.actions import note_access
from fieldservice.branches.events import BranchChanged
from fieldservice.core.events import listens_to


@listens_to(BranchChanged)
def _note_branch_changed(event: BranchChanged) -> None:
    note_access(event.act, by=event.by, at=event.at, subject=event.branch)
