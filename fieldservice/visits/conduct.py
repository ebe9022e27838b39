"""The checklist of a visit as the desk reads it: answers in words by phase, what could not be, what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fieldservice.checklists import rules
from fieldservice.checklists.items import ITEM_TYPES
from fieldservice.checklists.items.base import Json, Pictures, YesOrWhyNot, counted
from fieldservice.checklists.models import ChecklistVersion
from fieldservice.visits.models import ChecklistAnswer


@dataclass(frozen=True)
class Line:
    """One item that applies, or was answered."""

    #: of the item, in the reader's language
    words: str
    phase: str
    #: 'done', 'why' (it could not be, and why) or 'open'
    state: str
    #: in words; '' where the tick says it all, or there is none
    answer: str
    #: why it could not be; ''
    why: str
    #: how many photos of it count; None: it asks for none
    photos: int | None
    is_required: bool
    #: who answered, and when; None: nobody did
    row: ChecklistAnswer | None


@dataclass(frozen=True)
class Phase:
    """A phase with its lines; `done` of `of` required items."""

    key: str
    done: int
    of: int
    lines: list[Line]


@dataclass(frozen=True)
class Earlier:
    """An answer that does not count any more."""

    row: ChecklistAnswer
    #: of the item; '' when its version is gone
    words: str
    #: '' when the answer was taken back
    answer: str


@dataclass(frozen=True)
class Conduct:
    """The whole checklist of a visit."""

    version: ChecklistVersion
    phases: list[Phase]
    earlier: list[Earlier]

    @property
    def could_not(self) -> list[Line]:
        """What could not be done, with its reason."""
        return [line for phase in self.phases for line in phase.lines if line.state == "why"]

    def missing(self, *, at_base: bool) -> list[Line]:
        """Required and not done: of the visit itself, or of what comes after it."""
        phases = [phase for phase in self.phases if (phase.key not in rules.BEFORE_FINISH) == at_base]
        return [line for phase in phases for line in phase.lines if line.state == "open" and line.is_required]


def conduct_of(
    version: ChecklistVersion,
    answers: Sequence[ChecklistAnswer],
    earlier: Sequence[Earlier],
    facts: Json,
    seen: Json,
    language: str,
) -> Conduct:
    """`answers`: those that count; `facts` and `seen` as the rule of the checklist asks for them."""
    rows = {answer.item: answer for answer in answers}
    values = {key: row.value for key, row in rows.items()}
    applying = {item["key"] for item in rules.applying(version.content, facts, values)}
    lines = [
        _line(item, rows.get(item["key"]), values, seen, language)
        for item in version.content["items"]
        if item["key"] in applying or item["key"] in rows
    ]
    shown = [line for line in lines if line.state != "open" or line.is_required]
    phases = [
        Phase(one.phase, one.done, one.of, [line for line in shown if line.phase == one.phase])
        for one in rules.progress(version.content, facts, values, seen)
    ]
    return Conduct(version, [phase for phase in phases if phase.lines], list(earlier))


def earlier_of(
    rows: Sequence[ChecklistAnswer], versions: Mapping[str, ChecklistVersion], language: str
) -> list[Earlier]:
    """Answers that do not count, each in the words of the version it was given to."""
    return [_earlier(row, versions.get(row.checklist_id), language) for row in rows]


def _earlier(row: ChecklistAnswer, version: ChecklistVersion | None, language: str) -> Earlier:
    items = version.content["items"] if version else []
    item = next((one for one in items if one["key"] == row.item), None)
    if item is None:
        return Earlier(row, "", "")
    return Earlier(row, item["words"][language], ITEM_TYPES[item["type"]].words(item, row.value, language))


def _line(item: Json, row: ChecklistAnswer | None, values: Json, seen: Json, language: str) -> Line:
    kind, value = ITEM_TYPES[item["type"]], row.value if row else None
    why: str = value.get("why", "") if value and kind.is_answered(item, value) else ""
    return Line(
        words=item["words"][language],
        phase=item["phase"],
        state="why" if why else "done" if rules.is_done(item, values, seen) else "open",
        answer="" if why or isinstance(kind, YesOrWhyNot) else kind.words(item, value, language),
        why=why,
        photos=sum(int(counted(seen, item["key"], slot)) for slot in kind.slots(item))
        if isinstance(kind, Pictures) else None,
        is_required=item["required"],
        row=row,
    )  # fmt: skip
