"""Long lists: filters, order and page stand in the address."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import request
from werkzeug.datastructures import MultiDict

from fieldservice.core.db import db

ROWS_A_PAGE = 50  # experience.md: 50 a page
LAST_PAGE = 10_000  # beyond it an address is a mistake


@dataclass(frozen=True)
class Page:
    """One page of a list."""

    rows: list[Any]
    #: rows on all pages
    total: int
    #: from 1
    number: int

    @property
    def last(self) -> int:
        """Number of the last page, at least 1."""
        return max(1, -(-self.total // ROWS_A_PAGE))

    @property
    def first_row(self) -> int:
        """Place of the first row in the whole list, from 1."""
        return (self.number - 1) * ROWS_A_PAGE + 1

    @property
    def last_row(self) -> int:
        """Place of the last row in the whole list."""
        return self.first_row + len(self.rows) - 1


def page_of(query: sa.Select[Any], ordered: sa.Select[Any]) -> Page:
    """The page the address asks for; one behind the end is the last. `query` is what is counted."""
    total = db.session.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())) or 0
    asked = min(asked_number("page", 1), LAST_PAGE)
    number = max(1, min(asked, -(-total // ROWS_A_PAGE)))
    rows = db.session.scalars(ordered.limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE)).unique()
    return Page(list(rows), total, number)


def asked_number(name: str, otherwise: int) -> int:
    """A whole number above 0 of the address."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) else otherwise


def asked_text(name: str, limit: int = 100) -> str:
    """A text of the address, cut to what a person types into a search box."""
    return request.args.get(name, "").replace("\0", "").encode("utf-8", "replace").decode().strip()[:limit]


def asked_order(allowed: Any, otherwise: str, *, descending: bool) -> tuple[str, bool]:
    """(column, whether descending) of `?sort=name` or `?sort=-name`."""
    text = request.args.get("sort", "")
    name = text.removeprefix("-")
    return (name, text.startswith("-")) if name in allowed else (otherwise, descending)


def here_with(**changes: Any) -> str:
    """The present address with other parameters; None takes one out. Another filter begins at the first page."""
    args: MultiDict[str, str] = MultiDict(request.args)
    if "page" not in changes:
        args.poplist("page")
    args.poplist("export")
    for name, value in changes.items():
        args.poplist(name)
        if value not in (None, ""):
            args.add(name, str(value))
    query = urlencode(list(args.items(multi=True)))
    return f"{request.path}?{query}" if query else request.path
