"""Words for roles."""

from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l

ROLES = {
    "administrator": _l("Administrator"), "head_office_manager": _l("Head-office manager"),
    "branch_manager": _l("Branch manager"), "dispatcher": _l("Dispatcher"), "service_desk": _l("Service desk"),
    "finance": _l("Finance"), "quality": _l("Quality"), "technician": _l("Technician"),
}


def role_word(role: str) -> str:
    """'technician' → 'Technician'."""
    return str(ROLES[role])


def role_words(roles: frozenset[str]) -> str:
    """The roles of a person in their usual order."""
    return _(", ").join(str(words) for role, words in ROLES.items() if role in roles)
