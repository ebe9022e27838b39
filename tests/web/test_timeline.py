"""The line of time: what is told as one, and what stands alone."""

from datetime import timedelta
from typing import Any

from fieldservice.web.timeline import Aside, Moment, together
from tests.builders import MOMENT


def moment(minute: int, words: str, by: str = "lead", **given: Any) -> Moment:
    values = {"kind": "checklist", "icon": "check", "job_id": "1", "joins": words if words in ("answer", "photo") else ""}
    return Moment(id=f"{minute:03}{words}{by}", at=MOMENT + timedelta(minutes=minute), words=words, by=by,
                  **values | given)  # fmt: skip


def told(*moments: Moment) -> list[tuple[str, int, int]]:
    """Words, how many, and the minute of the first."""
    return [(one.words, len(one.members) or 1, int((one.since - MOMENT).seconds / 60)) for one in together(moments)]


def test_the_newest_comes_first():
    assert told(moment(1, "arrive"), moment(3, "finish"), moment(2, "start")) == [
        ("finish", 1, 3), ("start", 1, 2), ("arrive", 1, 1)]  # fmt: skip


def test_a_checklist_is_one_though_photos_are_taken_between():
    line = [moment(0, "arrive"), moment(1, "answer"), moment(2, "photo"), moment(3, "answer"), moment(4, "photo"),
            moment(5, "finish")]  # fmt: skip
    assert told(*line) == [("finish", 1, 5), ("photo", 2, 2), ("answer", 2, 1), ("arrive", 1, 0)]


def test_another_person_or_deed_between_ends_it():
    assert told(moment(1, "answer"), moment(2, "answer", "helper"), moment(3, "answer")) == [
        ("answer", 1, 3), ("answer", 1, 2), ("answer", 1, 1)]  # fmt: skip
    assert told(moment(1, "answer"), moment(2, "start"), moment(3, "answer")) == [
        ("answer", 1, 3), ("start", 1, 2), ("answer", 1, 1)]  # fmt: skip


def test_another_visit_or_crew_is_not_told_with_it():
    assert len(told(moment(1, "answer"), moment(2, "answer", job_id="2"))) == 2
    assert len(told(moment(1, "answer", run=1), moment(2, "answer", run=2))) == 2


def test_what_was_set_aside_or_came_late_stands_alone():
    aside = Aside("quarantined", "job_ended")
    assert len(told(moment(1, "answer", aside=aside), moment(2, "answer", aside=aside))) == 2
    assert len(told(moment(1, "photo", is_late=True), moment(2, "photo"))) == 2
