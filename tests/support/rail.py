"""How much is to be handled first stands on every page of the desk: two dozen questions to the database each time.

A test that is not about that number has it counted once for each of its people, on the first page they see; later
pages of the same test say the same. Marked `every_rail`, or while statements are listened to, each page counts.
"""

from dataclasses import dataclass, field
from datetime import datetime

from flask import Flask, current_app

from fieldservice.accounts.models import Person
from fieldservice.core.db import db
from fieldservice.dispatch import first_count

_count = first_count.count


def count_once(app: Flask) -> None:
    """From now on in this application."""
    with app.app_context():
        app.extensions["counted_for_the_rail"] = _Counted(_listeners())
    first_count.count = _counted


@dataclass
class _Counted:
    """listeners: how many the product itself has; by_person: what was counted."""

    listeners: int
    by_person: dict[str, int] = field(default_factory=dict)


def _counted(person: Person, at: datetime, *, keep: bool) -> int:
    counted: _Counted | None = current_app.extensions.get("counted_for_the_rail")
    if counted is None or _listeners() > counted.listeners:
        return _count(person, at, keep=keep)
    if person.id not in counted.by_person:
        counted.by_person[person.id] = _count(person, at, keep=keep)
    return counted.by_person[person.id]


def _listeners() -> int:
    return len(list(db.engine.dispatch.before_cursor_execute))
