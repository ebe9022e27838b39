"""Pure rules of people beside their account: portraits, and when somebody works."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain, count
from unicodedata import normalize

#: of a file handed in; a phone's photo has some 5 MB
MOST_BYTES = 12 * 1024 * 1024
#: pixels of the longer side of what is kept: five rem wide on a phone with three pixels a dot
SIDE = 320

#: where somebody's day begins, and where it ends
STARTS = ("branch", "home")
ENDS = ("branch", "home", "open")
#: what a day can be instead of the usual one
CHANGES = ("off", "sick", "shift")
#: days on which nobody is there
AWAY = frozenset({"off", "sick"})

#: a day is planned within these years; beyond them it is a slip of the finger
FIRST_YEAR, LAST_YEAR = 2000, 2199

#: certificates are told of this long before they run out
EXPIRY_WARNING = timedelta(days=30)


@dataclass(frozen=True)
class Lunch:
    """Between which minutes from midnight lunch begins, and how many minutes it takes."""

    earliest: int
    latest: int
    minutes: int


@dataclass(frozen=True)
class Week:
    """The usual week: weekday (0 Monday) → (first, last minute); lunch None: none is kept."""

    days: dict[int, tuple[int, int]]
    lunch: Lunch | None


#: Mon–Sat 8:00–18:00, 45 minutes of lunch begun between 11:30 and 13:30 (requirements §4: visits 8:00–18:00)
WEEKDAYS = (0, 1, 2, 3, 4, 5)
START_MINUTE, END_MINUTE = 8 * 60, 18 * 60
LUNCH = Lunch(11 * 60 + 30, 13 * 60 + 30, 45)


@dataclass(frozen=True)
class Held:
    """A skill somebody has."""

    skill: str
    #: last day it is good; None: does not run out
    until: date | None = None
    number: str = ""


@dataclass(frozen=True)
class SkillEntry:
    """A skill of the catalogue as it shall be."""

    name_zh: str
    name_en: str
    #: a paper of somebody else, not a craft
    is_certificate: bool


#: letters of a skill's code
_CODE = 24
#: what parts several skills in a cell of a list
_PARTING = re.compile(r"[,;/|\u3001]")


def is_one_name(name: str) -> bool:
    """Whether a list can call a skill so: what parts names is none of them, nor a day at its end."""
    return not (_PARTING.search(normalize("NFKC", name)) or re.search(r"\d{4}-\d{1,2}-\d{1,2}", name))


def plain_name(name: str) -> str:
    """A name without what does not tell it from another one."""
    return re.sub(r"[\W_]+", "", normalize("NFKC", name)).casefold()


def code_of(name_en: str, taken: Collection[str]) -> str:
    """A code for a new skill: 'Stair parts' → 'stair_parts', one more number where that is taken."""
    word = re.sub(r"[^a-z0-9]+", "_", normalize("NFKD", name_en).encode("ascii", "ignore").decode().lower()).strip("_")
    word = word or "skill"
    ends = chain([""], (f"_{number}" for number in count(2)))
    return next(code for end in ends if (code := f"{word[: _CODE - len(end)].strip('_')}{end}") not in taken)


@dataclass(frozen=True)
class PlanningEntry:
    """Everything but days off."""

    #: by code
    skills: tuple[Held, ...] = ()
    #: weekday → (first, last minute); None: the week of the branch
    week: dict[int, tuple[int, int]] | None = None
    #: None: that of the branch; 0 minutes: none
    lunch: Lunch | None = None
    start_from: str = "branch"
    ends: str = "branch"
    #: WGS-84 (lat, lng); None: not known
    home: tuple[float, float] | None = None
    home_address: str = ""
    #: None: no limit
    van_m2: int | None = None

    def with_skill(self, held: Held) -> "PlanningEntry":
        """With this skill, in the place of what was known of it."""
        others = [one for one in self.skills if one.skill != held.skill]
        return replace(self, skills=tuple(sorted([*others, held], key=lambda one: one.skill)))


#: what a new appointment is offered as where the branch says nothing else: minutes from midnight
Windows = tuple[tuple[int, int], ...]
WINDOWS: Windows = ((480, 600), (600, 720), (810, 930), (930, 1050))
MOST_WINDOWS, LEAST_WINDOW_MINUTES = 8, 30
_WINDOW = re.compile(r"(\d{1,2}):([0-5]\d) *[-\u2013\u2014~] *(\d{1,2}):([0-5]\d)")


def read_windows(text: str) -> Windows | None:
    """'8:00-10:00 10:00-12:00' as minutes, in order; () nothing was written; None: it cannot be read."""
    plain = normalize("NFKC", text)
    found = [(int(a) * 60 + int(b), int(c) * 60 + int(d)) for a, b, c, d in _WINDOW.findall(plain)]
    is_rest = _WINDOW.sub("", plain).strip(" ,;\u3001\n\r\t").replace(",", "").replace("\u3001", "").strip()
    fits = all(start + LEAST_WINDOW_MINUTES <= end <= 1440 for start, end in found)
    if is_rest or not fits or len(found) > MOST_WINDOWS or len(set(found)) != len(found):
        return None
    return tuple(sorted(found))


def windows_text(windows: Windows) -> str:
    """As they are typed: '08:00-10:00, 10:00-12:00', with long dashes."""
    return ", ".join(f"{a // 60:02}:{a % 60:02}\u2013{b // 60:02}:{b % 60:02}" for a, b in windows)


@dataclass(frozen=True)
class BranchEntry:
    """A branch's place and usual week as they shall be."""

    #: WGS-84; None: not known
    lat: float | None
    lng: float | None
    weekdays: tuple[int, ...]
    start_minute: int
    end_minute: int
    #: 0 minutes: none
    lunch_earliest: int
    lunch_latest: int
    lunch_minutes: int
    #: windows offered for new appointments, as `windows_text`; '' those of the product
    usual_windows: str = ""


def is_good(certified_until: date | None, day: date) -> bool:
    """Whether a certificate is good on a day; its last day counts."""
    return certified_until is None or day <= certified_until


def initials(name: str) -> str:
    """What stands where there is no portrait: '王建国' → '王', 'Anna Maria Weber' → 'AW'."""
    parts = name.split()
    if len(parts) > 1 and name.isascii():
        return (parts[0][:1] + parts[-1][:1]).upper()
    return name.strip()[:1].upper()
