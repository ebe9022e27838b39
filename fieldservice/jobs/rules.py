"""The state machine of a job. The phone has its twin in `static/js/rules/job-state.js`; both run
`tests/vectors/job_state.json`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

UNASSIGNED = "unassigned"
ASSIGNED = "assigned"
ACCEPTED = "accepted"
EN_ROUTE = "en_route"
ARRIVED = "arrived"
WORKING = "working"
FINISHED = "finished"
UNFINISHED = "unfinished"
ABSENT = "absent"
CANCELLED = "cancelled"

STATES = (UNASSIGNED, ASSIGNED, ACCEPTED, EN_ROUTE, ARRIVED, WORKING, FINISHED, UNFINISHED, ABSENT, CANCELLED)

#: nothing more is expected of the technician
ENDED = frozenset({FINISHED, UNFINISHED, ABSENT, CANCELLED})
#: the technician is on the way or at the site
RUNNING = frozenset({EN_ROUTE, ARRIVED, WORKING})

TYPES = (
    "survey",
    "installation",
    "repair",
    "maintenance",
    "delivery_inspection",
    "repeat_repair",
    "courtesy_visit",
    "goods_transport",
)
PRIORITIES = ("normal", "urgent", "emergency")

#: planned minutes of a visit by type where the dispatcher says nothing (requirements: a simple repair 30)
PLANNED_MINUTES = {
    "survey": 60,
    "installation": 480,
    "repair": 30,
    "maintenance": 60,
    "delivery_inspection": 45,
    "repeat_repair": 60,
    "courtesy_visit": 30,
    "goods_transport": 45,
}

#: what a visit of a type needs of whoever goes, where the office says nothing (codes of `skill`)
SKILLS_OF_TYPE = {
    "survey": ("survey",),
    "repair": ("repair",),
    "repeat_repair": ("repair",),
}
#: types that need the craft of the floor, and bring its boards along
LAYING = frozenset({"installation"})
#: craft → what the model of such a floor is called by; the first that fits counts
FLOOR_WORDS = {
    "laminate": ("强化", "laminate"),
    "vinyl": ("spc", "pvc", "lvt", "石塑", "vinyl"),
    "carpet": ("地毯", "carpet"),
    "tile": ("瓷砖", "地砖", "tile"),
    "hardwood": ("实木", "多层", "三层", "hardwood", "parquet", "engineered", "oak", "橡木"),
}

#: a visit is planned within these years; beyond them a day is a slip of the finger, and some zones have no such moment
FIRST_YEAR, LAST_YEAR = 2000, 2199

REASON_LIMIT = 500  # characters; a reason is a few sentences


#: what the desk can take back → the name in the body of its log entry without which it cannot
_UNDOABLE = {
    "office.assign_job": "before",
    "office.move_job": "before",
    "office.cancel_job": "reason",
    "office.restore_job": "reason",
    "office.plan_start": "before",
}
UNDOABLE = tuple(_UNDOABLE)
UNDONE = tuple(kind.replace("office.", "office.undo_") for kind in UNDOABLE)

#: kinds of log entries that add something to a job and change nothing of what the desk decided about it
ADDING = frozenset({"office.add_note", "add_note", "record_contact", "add_photo", "caption_photo", "answer_item",
                    "order_day", "office.tell_customer", "office.tell_failed"})  # fmt: skip


def can_undo(kind: str, body: Mapping[str, object]) -> bool:
    """Whether the log holds what is needed to take this edit back."""
    return kind in _UNDOABLE and _UNDOABLE[kind] in body


@dataclass(frozen=True)
class Step:
    """A step of the technician: from which states it goes where, and what it must bring along."""

    name: str
    leaves: frozenset[str]
    enters: str
    needs_reason: bool = False
    needs_promise: bool = False


STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        Step("accept", frozenset({ASSIGNED}), ACCEPTED),
        Step("depart", frozenset({ACCEPTED}), EN_ROUTE),
        Step("arrive", frozenset({EN_ROUTE}), ARRIVED),
        Step("start", frozenset({ARRIVED}), WORKING),
        Step("finish", frozenset({WORKING}), FINISHED),
        Step(
            "cannot_finish", frozenset({ARRIVED, WORKING}), UNFINISHED, needs_reason=True, needs_promise=True
        ),
        Step("customer_absent", frozenset({ARRIVED}), ABSENT, needs_reason=True),
    )
}


@dataclass(frozen=True)
class Refused:
    """Why a step cannot be taken; `code` is a reason with words on phone and desk."""

    code: str


def next_steps(state: str) -> list[str]:
    """Steps possible from `state`; the first is the one of the large button."""
    return [step.name for step in STEPS.values() if state in step.leaves]


def take(state: str, step_name: str, *, reason: str = "", promised: bool = False) -> str | Refused:
    """The state after the step, or why it cannot be taken.

    `promised`: a next time (or the words for none) was agreed with the customer.
    """
    step = STEPS.get(step_name)
    if step is None:
        return Refused("unknown_step")
    if state == CANCELLED:
        return Refused("job_cancelled")
    if state not in step.leaves:
        return Refused("step_out_of_order")
    if step.needs_reason and not reason.strip():
        return Refused("reason_missing")
    if len(reason) > REASON_LIMIT:
        return Refused("reason_too_long")
    if step.needs_promise and not promised:
        return Refused("promise_missing")
    return step.enters


def take_back(state: str, last: tuple[str, str] | None, *, reason: str) -> str | Refused:
    """The state before the last step. `last` is its (from, to); None: no step was taken in this run."""
    if state == CANCELLED:
        return Refused("job_cancelled")
    if last is None or last[1] != state:
        return Refused("nothing_to_take_back")
    if not reason.strip():
        return Refused("reason_missing")
    if len(reason) > REASON_LIMIT:
        return Refused("reason_too_long")
    return last[0]


def usual_skills(job_type: str, model: str) -> tuple[str, ...]:
    """What a visit of this type about a floor of this model ('' none) usually needs."""
    words = model.casefold()
    craft = next((code for code, known in FLOOR_WORDS.items() if any(word in words for word in known)), "")
    return SKILLS_OF_TYPE.get(job_type, ()) + ((craft,) if craft and job_type in LAYING else ())


def usual_load_m2(job_type: str, area_m2: Decimal | None) -> int | None:
    """The boards such a visit usually brings: those of its floor, whole m²; None: none, or not known."""
    return math.ceil(area_m2) if area_m2 is not None and job_type in LAYING else None


def is_case_done(states: list[str]) -> bool:
    """Whether a case with visits in these states, the oldest first, needs nothing more: the last that took place was
    finished, or all were called off. A case without a visit waits for its first.
    """
    if not states or any(state not in ENDED for state in states):
        return False
    held = [state for state in states if state != CANCELLED]
    return not held or held[-1] == FINISHED
