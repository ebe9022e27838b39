"""Who may change which checklist. Whoever may read the desk may look."""

from fieldservice.accounts.models import Person
from fieldservice.checklists.models import ChecklistTemplate
from fieldservice.core.errors import NotAllowed
from fieldservice.core.permissions import ADMINISTRATOR, HEAD_OFFICE_MANAGER

_EVERYWHERE = frozenset({ADMINISTRATOR, HEAD_OFFICE_MANAGER})


def edits_all(person: Person) -> bool:
    """Whether the checklists of the organisation and of every branch are this person's to change."""
    return person.can("checklists.edit") and bool(_EVERYWHERE & person.roles)


def edits_branch(person: Person, branch_id: str | None) -> bool:
    """Whether this person may change the checklists of a branch, or with None those of the organisation."""
    return edits_all(person) or (person.can("checklists.edit") and branch_id == person.branch_id)


def edits(person: Person, template: ChecklistTemplate) -> bool:
    """Whether this person may change it."""
    return edits_branch(person, template.branch_id)


def check_edits(person: Person, branch_id: str | None) -> None:
    """Raises NotAllowed where `edits_branch` says no."""
    if not edits_branch(person, branch_id):
        raise NotAllowed("not_allowed")
