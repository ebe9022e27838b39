"""The log of a job as people read it."""

from datetime import timedelta

from fieldservice.core.oplog import LogEntry
from fieldservice.jobs.history import told_together
from tests.builders import MOMENT


def entry(minute: int, kind: str, person_id: str = "lead", result: str = "applied") -> tuple[LogEntry, str]:
    row = LogEntry(kind=kind, person_id=person_id, result=result, happened_at=MOMENT + timedelta(minutes=minute))
    return row, person_id


def told(*log: tuple[LogEntry, str]) -> list[tuple[str, str, int, int]]:
    """Kind, name, how often, and the minute of the first."""
    deeds = told_together([*log])
    return [(deed.entry.kind, deed.name, deed.count, (deed.since - MOMENT).seconds // 60) for deed in deeds]


def test_a_row_of_answers_is_one_line_with_when_it_began():
    assert told(entry(5, "answer_item"), entry(4, "answer_item"), entry(1, "answer_item"), entry(0, "take_step")) == [
        ("answer_item", "lead", 3, 1), ("take_step", "lead", 1, 0)]  # fmt: skip


def test_another_person_or_deed_between_ends_the_row():
    log = [entry(3, "add_photo"), entry(2, "add_photo", "helper"), entry(1, "answer_item"), entry(0, "add_photo")]
    assert [count for _kind, _name, count, _since in told(*log)] == [1, 1, 1, 1]


def test_what_was_set_aside_and_what_is_done_once_stand_alone():
    log = [entry(3, "answer_item", result="quarantined"), entry(2, "answer_item", result="quarantined"),
           entry(1, "take_step"), entry(0, "take_step")]  # fmt: skip
    assert [count for _kind, _name, count, _since in told(*log)] == [1, 1, 1, 1]
