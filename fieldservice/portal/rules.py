"""Pure rules of the customer's link: which visit counts, until when somebody answers, which windows are offered."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from fieldservice.jobs.rules import (
    ARRIVED,
    CANCELLED,
    ENDED,
    FINISHED,
    RUNNING,
    UNASSIGNED,
    UNFINISHED,
    WORKING,
)

#: how long a link opens something, from when it is made or its case last went on
GOOD_FOR = timedelta(days=90)
#: how long the four digits are believed in one browser
OPENED_FOR = timedelta(hours=2)
DIGITS = 4
#: tries of the digits without waiting, for one link; a phone has 10,000 endings
FREE_TRIES = 5

DIGITS_KNOWN, CODE_KNOWN = "digits", "code"
#: a code by SMS: how long it can be entered and how often, and how long it then ties the browser that did
CODE_GOOD_FOR = timedelta(minutes=10)
CODE_DIGITS = 6
CODE_TRIES = 5
CODE_BELIEVED_FOR = timedelta(minutes=30)
#: codes sent without waiting for one link, and to one number; and at most to one number in a day
FREE_CODES = 3
MOST_CODES_A_DAY, A_DAY = 10, timedelta(days=1)

#: what a dispute can be about; the first when nothing is chosen
ABOUT = ("work", "amount", "signature", "other")

WORDS_LIMIT = 1000  # characters, of the customer
#: what one customer says in so long; more is no customer's wish, and hides what others wait for
MOST_WORDS, MOST_WORDS_WITHIN = 20, timedelta(hours=1)
ANSWER_LIMIT = 500  # of the desk

#: the hotline is open (requirements, "Service levels")
OPENS, CLOSES = time(9), time(22)
#: visits are made between these
FIRST_VISIT, LAST_VISIT = time(9), time(18)
#: promises: hours the hotline is open, and hours of the clock
ANSWER_TO_WISH = timedelta(hours=2)
ANSWER_TO_COMPLAINT = timedelta(hours=24)
PLAN_WITHIN = timedelta(hours=8)
CALL_AFTER_VISIT = timedelta(hours=24)

MOST_OFFERS = 3
OFFER_DAYS = 7
#: a rating this low is looked into
LOW = 2

_MOBILE = re.compile(r"(?:\+?86)?1[3-9][0-9]{9}|\+(?!86)[1-9][0-9]{6,14}")
_ROBOTS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|preview|slurp|facebookexternalhit|whatsapp|curl|wget|python|okhttp|go-http", re.IGNORECASE
)


class Visit(Protocol):
    """What a rule asks of a job."""

    @property
    def id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def visit_on(self) -> date | None: ...
    @property
    def window_start_at(self) -> datetime | None: ...


AnyVisit = TypeVar("AnyVisit", bound=Visit)


@dataclass(frozen=True)
class Window:
    """A span that can be agreed on."""

    start_at: datetime
    end_at: datetime
    #: the technician of the visit keeps it, not another one
    is_same_technician: bool = field(default=False, compare=False)

    def overlaps(self, other: "Window") -> bool:
        """Whether one person cannot keep both."""
        return self.start_at < other.end_at and other.start_at < self.end_at


@dataclass(frozen=True)
class Said:
    """What a customer says, as it came with the form."""

    kind: str
    words: str = ""
    window: Window | None = None
    #: attitude, efficiency, skill; 1 to 5, None left out
    marks: tuple[int | None, int | None, int | None] = (None, None, None)
    #: of a dispute: one of `ABOUT`; ''
    about: str = ""
    #: the sheet that the page showed whole, and its digest; '' there was none
    sheet_id: str = ""
    presented_sha256: str = ""
    #: of the page
    language: str = ""


@dataclass(frozen=True)
class Tie:
    """What ties a person to what is said or signed by a link."""

    #: 'digits' (link and last four digits of the phone) or 'code' (by SMS to that phone)
    by: str = DIGITS_KNOWN
    #: which code; None: none
    code_id: str | None = None


def current_visit(visits: Sequence[AnyVisit]) -> AnyVisit | None:
    """The visit a customer means: the one going on, else the next one, else the last that ended; None: there is none.

    A cancelled one only when there is no other.
    """
    running = [visit for visit in visits if visit.state in RUNNING]
    planned = [visit for visit in visits if visit.state not in ENDED]
    ended = [visit for visit in visits if visit.state in ENDED and visit.state != CANCELLED]
    for found in (running, planned):
        if found:
            return min(found, key=_when)
    return max(ended or visits, key=_when, default=None)


def in_order(visits: Iterable[AnyVisit]) -> list[AnyVisit]:
    """By their days; those without one last."""
    return sorted(visits, key=_when)


def _when(visit: Visit) -> tuple[date, float, str]:
    start = visit.window_start_at.timestamp() if visit.window_start_at else float("inf")
    return visit.visit_on or date.max, start, visit.id


def can_be_judged(state: str) -> bool:
    """Whether work was done that can be confirmed, disputed and rated."""
    return state in (FINISHED, UNFINISHED)


def wish_fault(state: str) -> str | None:
    """Why another time cannot be asked for in this state of the visit: a code with words; None: it can."""
    if state == CANCELLED:
        return "visit_cancelled"
    if state in ENDED:
        return "visit_ended"
    return "visit_going_on" if state in (ARRIVED, WORKING) else None


def judge_fault(state: str) -> str | None:
    """Why the work cannot be confirmed, disputed or rated: a code with words; None: it can."""
    if state == CANCELLED:
        return "visit_cancelled"
    return None if can_be_judged(state) else "visit_not_ended"


def is_low(marks: Iterable[int | None]) -> bool:
    """Whether one of the marks calls for a call."""
    return any(mark is not None and mark <= LOW for mark in marks)


def open_time_after(start: datetime, span: timedelta, timezone: str) -> datetime:
    """`span` later, counted only while the hotline is open."""
    zone = ZoneInfo(timezone)
    at, left = start.astimezone(zone), span
    while True:
        opens = datetime.combine(at.date(), OPENS, zone)
        closes = datetime.combine(at.date(), CLOSES, zone)
        at = max(at, opens)
        if at < closes and left <= closes - at:
            return (at + left).astimezone(start.tzinfo)
        left -= max(timedelta(), closes - at)
        at = datetime.combine(at.date() + timedelta(days=1), OPENS, zone)


def call_by(start: datetime, span: timedelta, timezone: str) -> datetime:
    """When we have called at the latest: `span` later, and not while nobody is there to call."""
    due = start + span
    local = due.astimezone(ZoneInfo(timezone))
    if OPENS < local.time() <= CLOSES:
        return due
    return open_time_after(due, timedelta(hours=1), timezone)


def offers(now: datetime, minutes: int, timezone: str, taken: Sequence[Window], beside: Window | None) -> list[Window]:
    """Windows a customer may choose from: this long, within visiting hours, while the technician has nothing else, on
    different half-days. `beside`: the one agreed, which is not offered.
    """
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    busy = [*taken, *([beside] if beside else [])]
    found: list[Window] = []
    for days in range(1, OFFER_DAYS + 1):
        for half in ((9, 10), (14, 15, 16)):
            slots = (_slot(today + timedelta(days=days), hour, minutes, zone) for hour in half)
            free = (slot for slot in slots if slot and not any(map(slot.overlaps, busy)))
            found += [slot] if (slot := next(free, None)) else []
            if len(found) == MOST_OFFERS:
                return found
    return found


def _slot(day: date, hour: int, minutes: int, zone: ZoneInfo) -> Window | None:
    start = datetime.combine(day, time(hour), zone)
    end = start + timedelta(minutes=minutes)
    if end > datetime.combine(day, LAST_VISIT, zone):
        return None
    utc = ZoneInfo("UTC")
    return Window(start.astimezone(utc), end.astimezone(utc), is_same_technician=True)


def is_due(
    state: str, visit_on: date | None, today: date, *, goes: bool, is_active: bool
) -> bool:
    """Whether whoever shows a badge is expected: goes to this visit, today, and it has not ended."""
    if not (goes and is_active) or state in ENDED or state == UNASSIGNED:
        return False
    return state in RUNNING or visit_on == today


def is_robot(user_agent: str) -> bool:
    """Whether this says of itself that it is no person: preview fetchers of messengers, search engines, scripts."""
    return not user_agent or _ROBOTS.search(user_agent) is not None


def masked_name(name: str) -> str:
    """'张丽华' → '张**'."""
    return f"{name[:1]}**" if name else ""


def masked_number(phone: str) -> str:
    """'13812342716' → '138********': the ending is what is asked for."""
    return phone[:3] + "*" * max(0, len(phone) - 3) if len(phone) > DIGITS + 3 else "*" * len(phone)


def masked_middle(phone: str) -> str:
    """'13812342716' → '138****2716', as a code is said to be sent to; a short number keeps its last two digits."""
    if len(phone) >= 9:
        return f"{phone[:-8]}****{phone[-4:]}"
    return "*" * max(0, len(phone) - 2) + phone[-2:]


def takes_sms(phone: str) -> bool:
    """Whether a message can reach this number: a Chinese mobile, or one that names another country."""
    return _MOBILE.fullmatch(phone) is not None


def last_digits(phone: str) -> str:
    """What is asked for; '' when the number is too short to ask for."""
    digits = "".join(letter for letter in phone if letter.isdigit())
    return digits[-DIGITS:] if len(digits) > DIGITS else ""
