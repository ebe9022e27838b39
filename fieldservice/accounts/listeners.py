"""Changes of branches and lists taken along stand in the access log too."""

from fieldservice.accounts.actions import note_access
from fieldservice.branches.events import BranchChanged
from fieldservice.core.events import listens_to
from fieldservice.web.exports import ListExported


@listens_to(BranchChanged)
def _note_branch_changed(event: BranchChanged) -> None:
    note_access(event.act, by=event.by, at=event.at, subject=event.branch)


@listens_to(ListExported)
def _note_list_exported(event: ListExported) -> None:
    act = f"list_exported_{event.format}"
    note_access(act, by=event.person, at=event.at, list_name=event.name, address=event.address)
