"""Whether a browser may see everything behind a link, for the pages of features below this one too."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import abort, redirect, request

from fieldservice.portal import actions, queries
from fieldservice.portal.models import CASE, Link


@dataclass(frozen=True)
class Linked:
    """A visit on the page of a link, for whoever adds something to it (`marks_on("customer_visit")`)."""

    #: of the job
    id: str
    token: str


def cookie_of(link: Link) -> str:
    """Name of the cookie that says the digits were given: one for each link, for a browser may follow several cases."""
    return f"__Host-link-{link.id[-12:]}"


def is_open(link: Link, cookies: Mapping[str, str], at: datetime) -> bool:
    """Whether this browser knew the digits, not too long ago."""
    return actions.knows_digits(link, cookies.get(cookie_of(link), ""), at=at)


def opened_link(token: str, *, at: datetime) -> Link:
    """The link of a case, in a browser that knows the digits; another one is led to where they are asked for.

    Raises NotFound: it opens nothing.
    """
    link = queries.link_of(token, CASE, at=at)
    if not is_open(link, request.cookies, at):
        abort(redirect(f"/c/{token}"))
    return link
