"""The lines of a list: whom they are about, what they say, what is wrong with them."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from fieldservice.accounts.models import Person
from fieldservice.core.errors import RuleBroken
from fieldservice.imports import cells
from fieldservice.imports.cells import Unreadable
from fieldservice.imports.sheets import rows_of
from fieldservice.people.rules import FIRST_YEAR, LAST_YEAR
from fieldservice.rosters import rules
from fieldservice.rosters.rules import WEEKDAYS, plain

#: title and remarks above the headings
_LOOKED_AT = 20
#: days of one line
_MOST_DAYS = 92


@dataclass
class Line:
    """What a line says; empty parts say nothing."""

    number: int
    title: str = ""
    person_id: str = ""
    #: [code, last day or '', number]
    skills: list[list[str]] = field(default_factory=list)
    #: weekday → [first, last minute]; [] free
    week: dict[str, list[int]] = field(default_factory=dict)
    #: first and last day, kind, [first, last minute] or [], reason; {} none
    days: dict[str, Any] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)
    kind: str = ""

    def bad(self, name: str, code: str, /, **facts: Any) -> None:
        """Says why the line cannot be used."""
        self.problems.append({"field": name, "code": code, **facts})

    def kept(self) -> dict[str, Any]:
        """For the database."""
        return asdict(self)

    @property
    def all_days(self) -> list[date]:
        """The days that are different."""
        if not self.days:
            return []
        first, last = (date.fromisoformat(self.days[name]) for name in ("first", "last"))
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]


class Reader:
    """Reads lines against the people and skills there are."""

    def __init__(self, people: list[Person], skills: dict[str, str], today: date, epoch: int) -> None:
        """`skills`: plain word → code. `epoch`: year a workbook's calendar begins."""
        self._by_number = {person.staff_no.casefold(): person for person in people}
        self._by_name: dict[str, list[Person]] = {}
        for person in people:
            self._by_name.setdefault(plain(person.name), []).append(person)
        self._skills, self._today, self._epoch = skills, today, epoch

    def read(self, rows: Path) -> Iterator[Line]:
        """Every line below the headings. Raises RuleBroken when there are none."""
        top = [row for row, _number in zip(rows_of(rows), range(_LOOKED_AT), strict=False)]
        heads = max(top, key=lambda row: len(self._columns(row[1])), default=None)
        columns = self._columns(heads[1]) if heads else {}
        if heads is None or not {"staff_no", "name"} & columns.keys() or len(columns) < 2:
            raise RuleBroken("roster_no_headings")
        for number, texts, reason in rows_of(rows):
            if number > heads[0]:
                yield self._line(number, texts, reason, columns)

    @staticmethod
    def _columns(texts: list[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for place, text in enumerate(texts):
            name = rules.field_of(text)
            if name:
                found.setdefault(name, place)
        return found

    def _line(self, number: int, texts: list[str], reason: str, columns: dict[str, int]) -> Line:
        line = Line(number)
        raw = {}
        for name, place in columns.items():
            try:
                raw[name] = cells.clean(texts[place]) if place < len(texts) else ""
            except Unreadable as error:
                raw[name] = ""
                line.bad(name, error.code, **error.facts)
        line.title = " ".join(filter(None, (raw.get("staff_no", ""), raw.get("name", ""))))[:80]
        if reason:
            line.bad("", reason)
        self._person(line, raw)
        self._skills_of(line, raw)
        self._week(line, raw)
        self._days(line, raw)
        if not (line.problems or line.skills or line.week or line.days):
            line.bad("", "roster_says_nothing")
        return line

    def _person(self, line: Line, raw: dict[str, str]) -> None:
        number, name = raw.get("staff_no", "").removesuffix(".0"), raw.get("name", "")
        found = [self._by_number[number.casefold()]] if number.casefold() in self._by_number else []
        if not number:
            found = self._by_name.get(plain(name), []) if name else []
        if len(found) == 1:
            line.person_id = found[0].id
            line.title = f"{found[0].staff_no} {found[0].name}"
            if number and name and plain(name) != plain(found[0].name):
                line.bad("name", "roster_name_differs", name=name[:40], known=found[0].name)
        else:
            code = "technician_twice" if found else "technician_unknown" if number or name else "value_missing"
            line.bad("staff_no" if number or "staff_no" in raw else "name", code, name=(number or name)[:40])

    def _skills_of(self, line: Line, raw: dict[str, str]) -> None:
        parts = cells.parts(raw.get("skills", ""))
        until, number = raw.get("until", ""), raw.get("number", "")
        if (until or number) and len(parts) != 1:
            line.bad("skills", "value_missing" if not parts else "roster_one_skill")
            return
        for part in parts:
            name, day, its_number = rules.parts_of_skill(part)
            code = self._skills.get(plain(name), "")
            if not code:
                line.bad("skills", "skill_unknown", word=name[:40])
                continue
            last = self._day(line, "until", until or day)
            shown = (number or its_number)[:200]
            if len(shown) > 40:
                line.bad("number", "text_too_long", limit=40, length=len(shown))
            line.skills.append([code, last.isoformat() if last else "", " ".join(shown.split())])

    def _week(self, line: Line, raw: dict[str, str]) -> None:
        for weekday, name in enumerate(WEEKDAYS):
            text = raw.get(name, "")
            if not text:
                continue
            span = rules.span_of(text)
            if span is None and not rules.is_free(text):
                line.bad(name, "roster_hours_unreadable", text=text[:40])
            else:
                line.week[str(weekday)] = list(span) if span else []

    def _days(self, line: Line, raw: dict[str, str]) -> None:
        names = ("first", "last", "kind", "hours", "reason")
        if not any(raw.get(name) for name in names):
            return
        first = self._day(line, "first", raw.get("first", ""))
        last = self._day(line, "last", raw.get("last", "")) or first
        hours, kind_text = raw.get("hours", ""), raw.get("kind", "")
        span = rules.span_of(hours) if hours else None
        kind = rules.kind_of(kind_text) if kind_text else "shift" if span else "off"
        if first is None or last is None:
            if not line.problems:
                line.bad("first", "value_missing")
            return
        if kind is None:
            line.bad("kind", "word_unknown", word=kind_text[:40])
        if hours and span is None:
            line.bad("hours", "roster_hours_unreadable", text=hours[:40])
        elif kind == "shift" and span is None:
            line.bad("hours", "value_missing")
        if last < first:
            line.bad("last", "days_order")
        elif (last - first).days >= _MOST_DAYS:
            line.bad("last", "days_too_many", limit=_MOST_DAYS)
        reason = raw.get("reason", "")
        if len(reason) > 200:
            line.bad("reason", "text_too_long", limit=200, length=len(reason))
        hours_of_it = list(span) if span and kind == "shift" else []
        line.days = {"first": first.isoformat(), "last": last.isoformat(), "kind": kind or "off", "span": hours_of_it,
                     "reason": " ".join(reason.split())}  # fmt: skip

    def _day(self, line: Line, name: str, text: str) -> date | None:
        if not text:
            return None
        try:
            found, _rest = cells.day(text, epoch=self._epoch, today=self._today)
        except Unreadable as error:
            line.bad(name, error.code, **error.facts)
            return None
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            line.bad(name, "day_unreadable")
            return None
        return found
