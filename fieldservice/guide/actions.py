"""Changes of how somebody wants the desk; the caller commits. Each done twice changes nothing more."""

from datetime import datetime

from fieldservice.accounts.models import Person
from fieldservice.core.db import db
from fieldservice.guide.models import DeskHabit
from fieldservice.guide.queries import habit_of


def leave_tour(person: Person, *, at: datetime) -> None:
    """It is not shown by itself any more."""
    habit = _kept(person)
    habit.tour_left_at = habit.tour_left_at or at


def show_tour(person: Person) -> None:
    """Again on the first page, and for an administrator the first steps that are open."""
    habit = _kept(person)
    habit.tour_left_at = habit.first_steps_left_at = None


def leave_first_steps(person: Person, *, at: datetime) -> None:
    """They are put away although not all are done."""
    habit = _kept(person)
    habit.first_steps_left_at = habit.first_steps_left_at or at


def switch_keys(person: Person, *, on: bool) -> None:
    """Whether single keys do something."""
    _kept(person).keys_off = not on


def _kept(person: Person) -> DeskHabit:
    habit = habit_of(person)
    db.session.add(habit)
    return habit
