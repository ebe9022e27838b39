"""What happened on a job, in one line of time: steps, notes, contacts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fieldservice.jobs.models import Job, JobContact

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


def history_of(job: Job, contacts: list[JobContact]) -> list[Event]:
    """The newest first; steps of the same moment stay in their order."""
    events = [Event(step.happened_at, "step", step) for step in job.steps]
    events += [Event(note.happened_at, "note", note) for note in job.notes]
    events += [Event(contact.happened_at, "contact", contact) for contact in contacts]
    return sorted(events, key=lambda event: (event.at, event.row.id), reverse=True)
