"""What sync announces."""

from dataclasses import dataclass

from fieldservice.accounts.models import Person
from fieldservice.core.oplog import LogEntry
from fieldservice.jobs.models import Job


@dataclass(frozen=True)
class OperationSetAside:
    """An operation could not be applied, came late, or tells of trouble: somebody must know, perhaps decide."""

    entry: LogEntry
    #: None: it named no job that is the author's
    job: Job | None
    author: Person
    #: a code with words (`web/words.py`)
    reason: str
