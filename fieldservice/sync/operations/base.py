"""The contract of an operation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from fieldservice.accounts.models import Person
from fieldservice.core.happening import Happening
from fieldservice.jobs.models import Job
from fieldservice.sync.payloads import Strict

#: append: union, kept whatever became of the job. technician: the technician's word, set aside when the job is not
#: theirs. last_writer: about the technician's own day, whatever became of the job; the later word stands
MergeClass = Literal["append", "technician", "last_writer"]


@dataclass(frozen=True)
class Context:
    """What an operation is applied to."""

    job: Job
    author: Person
    when: Happening
    #: the author is no longer of the crew, or the job was cancelled
    is_late: bool
    #: a dispatcher decided that it counts although it could not be applied when it came
    is_accepted: bool = False


@dataclass(frozen=True)
class SetAside:
    """What an operation wrote is kept, and yet it is quarantined: it can only be taken note of."""

    #: a code with words
    code: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """One kind of operation.

    kind: its name on the wire, for ever. args: its arguments; new ones come last with a default.
    apply: calls the action; raises RuleBroken with a code that has words when it cannot be applied, or gives SetAside.
    tells: a code with words that brings it before the dispatcher although it was applied; '': nobody need know.
    final: codes for which it is set aside for good, whatever a dispatcher may decide about other kinds.
    """

    kind: str
    merge_class: MergeClass
    args: type[Strict]
    apply: Callable[[Context, Any], object]
    tells: str = ""
    final: frozenset[str] = frozenset()
