"""Long lists: filters, order and page stand in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import request
from werkzeug.datastructures import MultiDict

from fieldservice.core.db import db

ROWS_A_PAGE = 50  # experience.md: 50 a page
#: rows that are counted and can be paged to; a longer list is to be narrowed, turned round or taken along as a file
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Page:
    """One page of a list."""

    rows: list[Any]
    #: rows on all pages, at most MOST_COUNTED
    total: int
    #: from 1
    number: int
    #: there are more than are counted
    is_more: bool = False

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


def page_of(query: sa.Select[Any], ordered: sa.Select[Any], *options: Any) -> Page:
    """The page the address asks for; one behind the end is the last. `query` is what is counted.

    Which rows they are is asked first, by their keys alone, which an index can answer; then these few are read, with the
    `options` of how.
    """
    entity = query.column_descriptions[0]["entity"]
    most = query.get_execution_options().get("most_counted", MOST_COUNTED)  # less where counting means looking
    counted = query.order_by(None).with_only_columns(entity.id).limit(most + 1).subquery()
    found = db.session.scalar(sa.select(sa.func.count()).select_from(counted)) or 0
    total = min(found, most)
    number = max(1, min(asked_number("page", 1), -(-total // ROWS_A_PAGE)))
    keys = ordered.with_only_columns(entity.id).limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE)
    return Page(_rows(entity, list(db.session.scalars(keys)), options), total, number, found > total)


def page_of_all(found: Sequence[Any]) -> Page:
    """The page the address asks for, of what is known whole; one behind the end is the last."""
    number = max(1, min(asked_number("page", 1), -(-len(found) // ROWS_A_PAGE)))
    first = (number - 1) * ROWS_A_PAGE
    return Page(list(found[first : first + ROWS_A_PAGE]), len(found), number)


def _rows(entity: Any, keys: list[Any], options: tuple[Any, ...]) -> list[Any]:
    """The rows with these keys, in their order."""
    query = sa.select(entity).where(entity.id.in_(keys)).options(*options)
    found = {row.id: row for row in db.session.scalars(query).unique()} if keys else {}
    return [found[key] for key in keys if key in found]


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
