"""What happened on a job, in one line of time: steps, notes, contacts."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fieldservice.core.oplog import LogEntry
from fieldservice.jobs.models import Job, JobContact

#: what is done many times on one visit
REPEATED = frozenset({"answer_item", "add_photo", "caption_photo"})
#: below this a phone's clock is right for people
EXACT_MS = 1500


@dataclass(frozen=True)
class Event:
    """One thing that happened; `kind` is 'step', 'note' or 'contact', `row` its table row."""

    at: datetime
    kind: str
    row: Any

    @property
    def uncertain_seconds(self) -> int:
        """How far off the time may be; 0 where nobody would care."""
        return 0 if self.row.uncertainty_ms < EXACT_MS else round(self.row.uncertainty_ms / 1000)

    @property
    def is_clock_off(self) -> bool:
        """Whether the phone's clock said something else by a minute or more."""
        device_at: datetime | None = self.row.device_at
        return device_at is not None and abs((device_at - self.at).total_seconds()) >= 60


@dataclass(frozen=True)
class Deed:
    """An entry of the log as people read it: `count` times in a row the same person did the same, the newest first."""

    entry: LogEntry
    #: '' the system
    name: str
    count: int
    #: when the first of them was done
    since: datetime


def told_together(log: list[tuple[LogEntry, str]]) -> list[Deed]:
    """A log, newest first, where a row of like deeds is one: a checklist is thirty answers."""
    deeds: list[Deed] = []
    for entry, name in log:
        last = deeds[-1] if deeds else None
        if last and _is_alike(last.entry, entry):
            deeds[-1] = replace(last, count=last.count + 1, since=entry.happened_at)
        else:
            deeds.append(Deed(entry, name, 1, entry.happened_at))
    return deeds


def _is_alike(later: LogEntry, earlier: LogEntry) -> bool:
    """Both applied, for what was set aside has its own reason."""
    alike = (later.person_id, later.kind, later.result) == (earlier.person_id, earlier.kind, earlier.result)
    return alike and later.kind in REPEATED and later.result == "applied"


def history_of(job: Job, contacts: list[JobContact]) -> list[Event]:
    """The newest first; steps of the same moment stay in their order."""
    events = [Event(step.happened_at, "step", step) for step in job.steps]
    events += [Event(note.happened_at, "note", note) for note in job.notes]
    events += [Event(contact.happened_at, "contact", contact) for contact in contacts]
    return sorted(events, key=lambda event: (event.at, event.row.id), reverse=True)
