"""Lateness, order, the one obvious action."""

from datetime import timedelta

import pytest

from fieldservice.dispatch.rules import (
    NOT_UNDER_WAY,
    WINDOW_OVER,
    Late,
    flow,
    lateness,
    obvious_action,
    overlap,
)
from tests.builders import MOMENT

END = MOMENT + timedelta(minutes=90)


@pytest.mark.parametrize(("state", "minutes", "kind", "late_minutes"), [
    ("assigned", 0, None, 0),
    ("assigned", 22, NOT_UNDER_WAY, 22),
    ("accepted", 1, NOT_UNDER_WAY, 1),
    ("unassigned", 5, NOT_UNDER_WAY, 5),
    ("en_route", 22, None, 0),
    ("working", 90, None, 0),
    ("working", 100, WINDOW_OVER, 10),
    ("assigned", 100, WINDOW_OVER, 10),
    ("finished", 100, None, 0),
    ("unfinished", 100, None, 0),
    ("absent", 100, None, 0),
    ("cancelled", 100, None, 0),
])
def test_lateness(state: str, minutes: int, kind: str | None, late_minutes: int) -> None:
    late = lateness(state, MOMENT, END, MOMENT + timedelta(minutes=minutes))
    since = MOMENT if kind == NOT_UNDER_WAY else END
    assert late == (Late(kind, since, late_minutes) if kind else None)


def test_a_visit_without_a_window_is_never_late() -> None:
    assert lateness("assigned", None, None, END) is None


def test_the_flow_keeps_its_main_figures_and_adds_rare_ones() -> None:
    assert flow([]) == [("unassigned", 0), ("accepted", 0), ("en_route", 0), ("working", 0), ("finished", 0)]
    assert ("absent", 1) in flow(["absent", "working"])


@pytest.mark.parametrize(("state", "is_late", "has_day", "has_window", "action"), [
    ("unassigned", False, True, True, "assign"),
    ("unassigned", False, False, False, "plan"),
    ("assigned", False, True, False, "plan"),
    ("assigned", True, True, True, "reassign"),
    ("assigned", False, True, True, "open"),
    ("working", True, True, True, "open"),
    ("finished", False, True, True, "open"),
    ("cancelled", False, True, True, "restore"),
    ("unfinished", False, True, True, "revisit"),
    ("absent", False, True, True, "revisit"),
])
def test_each_row_has_one_obvious_action(
        state: str, is_late: bool, has_day: bool, has_window: bool, action: str) -> None:
    late = Late(NOT_UNDER_WAY, MOMENT, 1) if is_late else None
    assert obvious_action(state, late=late, has_day=has_day, has_window=has_window) == action


@pytest.mark.parametrize("state", ["unfinished", "absent"])
def test_a_visit_that_is_followed_by_another_needs_none(state: str) -> None:
    assert obvious_action(state, late=None, has_day=True, has_window=True, is_last=False) == "open"


def test_windows_that_only_touch_do_not_overlap() -> None:
    assert not overlap(MOMENT, END, END, END + timedelta(minutes=30))
    assert overlap(MOMENT, END, END - timedelta(minutes=1), END)
