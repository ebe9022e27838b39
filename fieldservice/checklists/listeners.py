"""An organisation has the conduct standard from its first moment."""

from fieldservice.branches.events import BranchChanged
from fieldservice.branches.models import HEAD_OFFICE
from fieldservice.checklists.actions import install_standard
from fieldservice.core.events import listens_to


@listens_to(BranchChanged)
def install_with_head_office(event: BranchChanged) -> None:
    """`first-admin` makes head office; what is there already stays."""
    if event.act == "branch_added" and event.branch.kind == HEAD_OFFICE:
        install_standard(at=event.at)
