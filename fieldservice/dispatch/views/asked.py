"""What the address of a page asks for: the branches, the day."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import request, url_for

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.core import clock, i18n
from fieldservice.core.errors import NotFound
from fieldservice.dispatch import queries
from fieldservice.jobs.rules import FIRST_YEAR, LAST_YEAR

SEARCH_LIMIT = 80  # characters
#: staff numbers and `map.NOBODY`; a longer list is cut
WHO_LIMIT = 200


@dataclass(frozen=True)
class Asked:
    """The branches shown and the day, on the clock of `timezone`."""

    viewer: Person
    #: those to choose from
    offered: list[Branch]
    #: those shown
    branches: list[Branch]
    #: the one chosen; None: all that may be seen
    branch: Branch | None
    today: date
    day: date

    @property
    def timezone(self) -> str:
        """Whose clock the page's own times are on."""
        return (self.branch or self.viewer.branch).timezone

    @property
    def branch_ids(self) -> list[str]:
        return [branch.id for branch in self.branches]

    def addresses(self, page: str, on: date | None = None, **chosen: str) -> Callable[..., str]:
        """Makes addresses of a page: `address()` as it stands, with what is given changed, `shift` days later, or `to`
        another page of the same branches and day. What is as usual ('' or None) is left out.
        """
        branch = self.branch.code if self.branch and self.viewer.sees_all_branches else None

        def address(*, shift: int = 0, to: str = page, **changed: Any) -> str:
            day = (on or self.day) + timedelta(days=shift)
            values: dict[str, Any] = {"day": None if day == self.today else day.isoformat(), "branch": branch}
            values |= (chosen if to == page else {}) | changed
            return url_for(f"dispatch.{to}", **{name: value for name, value in values.items() if value})

        return address


def read_asked(person: Person) -> Asked:
    """Of this request. Raises NotFound for a branch this person may not see."""
    offered = queries.branches_of(person)
    wanted = request.args.get("branch", "")
    chosen = [branch for branch in offered if branch.code == wanted] if wanted else offered
    if not chosen:
        raise NotFound()
    single = chosen[0] if wanted or len(offered) == 1 else None
    today = i18n.local(clock.now(), (single or person.branch).timezone).date()
    return Asked(person, offered, chosen, single, today, _day_asked_for(today))


def asked_words() -> str:
    """The search, as typed."""
    return request.args.get("q", "").strip()[:SEARCH_LIMIT]


def asked_who() -> list[str]:
    """Whose visits the map shows, each once: staff numbers and `map.NOBODY`; none: everybody's.

    Boxes of a form come one by one, an address has them joined by dots.
    """
    wanted = [one for values in request.args.getlist("who") for one in values.split(".")]
    return list(dict.fromkeys(one for one in wanted if re.fullmatch(r"[0-9A-Za-z_-]{1,20}", one)))[:WHO_LIMIT]


def _day_asked_for(today: date) -> date:
    """The day of the address; one that cannot be read is today."""
    try:
        asked = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return today
    return asked if FIRST_YEAR <= asked.year <= LAST_YEAR else today
