"""The contract of an operation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from fieldservice.accounts.models import Person
from fieldservice.core.happening import Happening
from fieldservice.jobs.models import Job
from fieldservice.sync.payloads import Strict

#: append: union, kept whatever became of the job. technician: the technician's word, set aside when the job is not theirs
MergeClass = Literal["append", "technician"]


@dataclass(frozen=True)
class Context:
    """What an operation is applied to."""

    job: Job
    author: Person
    when: Happening
    #: the author is no longer of the crew, or the job was cancelled
    is_late: bool


@dataclass(frozen=True)
class Operation:
    """One kind of operation.

    kind: its name on the wire, for ever. args: its arguments; new ones come last with a default.
    apply: calls the action; raises RuleBroken with a code that has words when it cannot be applied.
    """

    kind: str
    merge_class: MergeClass
    args: type[Strict]
    apply: Callable[[Context, Any], object]
