"""Who may do what. Default deny: a view without one of these marks is refused, and a test names it."""

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

ADMINISTRATOR = "administrator"
HEAD_OFFICE_MANAGER = "head_office_manager"
BRANCH_MANAGER = "branch_manager"
DISPATCHER = "dispatcher"
SERVICE_DESK = "service_desk"
FINANCE = "finance"
QUALITY = "quality"
TECHNICIAN = "technician"

ROLES = (
    ADMINISTRATOR,
    HEAD_OFFICE_MANAGER,
    BRANCH_MANAGER,
    DISPATCHER,
    SERVICE_DESK,
    FINANCE,
    QUALITY,
    TECHNICIAN,
)

_MANAGERS = frozenset({HEAD_OFFICE_MANAGER, BRANCH_MANAGER})
_PLANNERS = _MANAGERS | {DISPATCHER}
_DESK = _PLANNERS | {SERVICE_DESK}

#: permission → roles that hold it (requirements, "who")
PERMISSIONS: dict[str, frozenset[str]] = {
    "desk.read": _DESK | {FINANCE, QUALITY, ADMINISTRATOR},
    "jobs.edit": _DESK,
    "jobs.assign": _PLANNERS,
    "jobs.close": _PLANNERS,  # closes an ended visit, opens it again, does without an unusable picture
    "inbox.decide": _PLANNERS,
    "rescue.bring": _PLANNERS | {ADMINISTRATOR},  # takes in the file that a phone exported
    "rescue.open": frozenset({ADMINISTRATOR}),  # has the file itself, whoever brought it
    "rescue.send": _PLANNERS | {ADMINISTRATOR, TECHNICIAN},  # the same by program; a phone its own alone
    "customers.edit": _DESK,
    "evidence.original": _PLANNERS | {QUALITY},  # the file as it came, with what the camera wrote into it
    "evidence.review": _PLANNERS | {QUALITY},  # looks at what speaks against a photo, draws on a copy of it
    "keys.read": frozenset({ADMINISTRATOR}),  # what reports are sealed with, never the keys themselves
    "phones.open": _DESK,  # sees a customer's whole phone number; every opening is logged
    "checklists.edit": _MANAGERS | {ADMINISTRATOR},  # which ones: checklists/rights.py
    "travel.edit": _MANAGERS | {ADMINISTRATOR},  # what the travel times of a branch are reckoned from
    "skills.read": _PLANNERS | {ADMINISTRATOR},  # what people can do and visits need, and who has it
    "skills.edit": frozenset({HEAD_OFFICE_MANAGER, ADMINISTRATOR}),  # one catalogue for all branches
    "people.manage": frozenset({ADMINISTRATOR}),
    "people.help": _MANAGERS | {ADMINISTRATOR},  # new one-time link, "put the app on a phone"
    "customers.erase": frozenset({HEAD_OFFICE_MANAGER, ADMINISTRATOR}),  # for ever, on the customer's request
    "cases.hold": _MANAGERS | {ADMINISTRATOR},  # keeps a case whatever its age and whoever asks for erasure
    "retention.decide": frozenset({ADMINISTRATOR}),  # has removed what may not be kept longer
    "audit.read": frozenset({ADMINISTRATOR}),  # the audit chain: checks it, sees where its heads go
    "branches.manage": frozenset({ADMINISTRATOR}),
    "devices.read": _PLANNERS | {ADMINISTRATOR},  # what is still only on which phone
    "devices.manage": _MANAGERS | {ADMINISTRATOR},  # blocks a lost phone, lets it in again
    "phone.use": frozenset({TECHNICIAN}),
}

PUBLIC = "public"
SIGNED_IN = "signed_in"


def public(view: View) -> View:
    """Anybody may open this."""
    return _mark(view, PUBLIC)


def signed_in(view: View) -> View:
    """Everybody with an account may open this, for what is their own."""
    return _mark(view, SIGNED_IN)


def needs(permission: str) -> Callable[[View], View]:
    """Only people with a role that holds `permission` may open this."""
    if permission not in PERMISSIONS:
        raise ValueError(f"no such permission: {permission}")
    return lambda view: _mark(view, permission)


def permission_of(view: Any) -> str | None:
    """The mark of a view; None: it has none and must be refused."""
    found: str | None = getattr(view, "_permission", None)
    return found


def holds(roles: frozenset[str] | set[str], permission: str) -> bool:
    """Whether somebody with `roles` has `permission`."""
    return bool(PERMISSIONS[permission] & roles)


def _mark(view: View, permission: str) -> View:
    view._permission = permission  # type: ignore[attr-defined]
    return view
