"""The desk's ways around: a way is shown when its page exists and the person may open it."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, g, request
from werkzeug.exceptions import HTTPException

from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.core.permissions import PUBLIC, SIGNED_IN, permission_of

SIGN_OUT = "/sign-out"


@dataclass(frozen=True)
class Link:
    """One way: `address` is where it leads and, with what lies below it, where one is."""

    name: str
    address: str
    icon: str
    words: Any
    is_settings: bool = False
    #: pages that are part of it though their addresses lie below another one
    also: tuple[str, ...] = ()

    @property
    def is_here(self) -> bool:
        """Whether the present page is this one, is part of it, or lies below it."""
        others = (link._reach(request.path) for link in DESK if link is not self)
        return self._reach(request.path) > max(others, default=0)

    def _reach(self, path: str) -> int:
        """How closely an address of this way holds a path; 0: not at all."""
        return max((len(one) for one in (self.address, *self.also)
                    if path == one or (one != "/" and path.startswith(f"{one}/"))), default=0)


DESK = (
    Link("first", "/", "bell", _l("First")),
    Link("board", "/board", "calendar-range", _l("Board"), also=("/day/proposals", "/day/slips")),
    Link("day", "/day", "layout-list", _l("Day")),
    Link("team", "/team", "calendar-days", _l("Team")),
    Link("jobs", "/jobs", "clipboard-list", _l("Jobs")),
    Link("imports", "/imports", "file-up", _l("Import")),
    Link("cases", "/cases", "folder", _l("Cases")),
    Link("customers", "/customers", "users", _l("Customers")),
    Link("inbox", "/inbox", "inbox", _l("Inbox")),
    Link("rescue", "/rescue", "upload", _l("Rescue"), is_settings=True),
    Link("checklists", "/checklists", "list-checks", _l("Checklists"), is_settings=True),
    Link("people", "/people", "user-cog", _l("People"), is_settings=True),
    Link("travel", "/travel", "route", _l("Travel times"), is_settings=True),
    Link("branches", "/branches", "store", _l("Branches"), is_settings=True),
    Link("audit", "/audit", "shield-check", _l("Audit chain"), is_settings=True),
    Link("devices", "/devices", "smartphone", _l("Devices"), is_settings=True),
    Link("keys", "/keys", "key-round", _l("Keys"), is_settings=True),
)

#: as many stand in the rail itself
_SETTINGS_BESIDE = 2

ACCOUNT = (
    Link("account", "/account", "circle-user-round", _l("My account")),
    Link("app", "/app/", "smartphone", _l("Technician app")),
)


@dataclass(frozen=True)
class Rail:
    """The ways of one person: those that always show, and what an administrator has beside them, behind one button."""

    links: list[Link]
    settings: list[Link]

    @property
    def is_in_settings(self) -> bool:
        """Whether the present page is one of those behind the button."""
        return any(link.is_here for link in self.settings)


def rail() -> Rail:
    """The rail of this person. A few settings stand among the others: two rows of a small phone hold ten."""
    links = [link for link in DESK if may_open(link.address)]
    settings = [link for link in links if link.is_settings]
    if len(settings) <= _SETTINGS_BESIDE:
        return Rail(links, [])
    return Rail([link for link in links if not link.is_settings], settings)


def account_links() -> list[Link]:
    """The account menu of this person."""
    return [link for link in ACCOUNT if may_open(link.address)]


def sign_out_address() -> str | None:
    """Where the sign-out form goes."""
    return SIGN_OUT if may_open(SIGN_OUT, "POST") else None


def may_open(address: str, method: str = "GET") -> bool:
    """Whether there is a page at `address` and this person may open it."""
    try:
        endpoint, _values = current_app.url_map.bind("").match(address, method)
    except HTTPException:
        return False
    permission = permission_of(current_app.view_functions[endpoint])
    person = g.get("person")
    if permission is None or person is None:
        return permission == PUBLIC
    return permission in (PUBLIC, SIGNED_IN) or person.can(permission)
