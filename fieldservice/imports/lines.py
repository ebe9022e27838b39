"""A line of a list made into what it says of a job: every field checked, everything wrong with it named at once."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic_core import PydanticCustomError

from fieldservice.core import positions
from fieldservice.core.coords import Point
from fieldservice.customers.models import FIRM, PERSON, SPECIAL_NEEDS
from fieldservice.imports import cells, land
from fieldservice.imports.cells import Unreadable
from fieldservice.imports.rules import CASE_KIND_OF_TYPE, POSITION_FIELDS, WINDOW_FIELDS
from fieldservice.imports.settings import Settings
from fieldservice.imports.vocabulary import plain
from fieldservice.jobs.rules import PLANNED_MINUTES
from fieldservice.web.forms import phone_number

#: longest texts, as the forms and the database have them
_ONE_LINE = {
    "reference": 60, "customer": 80, "address_form": 40, "district": 40, "address": 200, "unit": 80,
    "access_note": 200, "brief": 200, "priority_reason": 200, "special_note": 300, "amount_reason": 200,
}  # fmt: skip
_LINES = {"bring": 500, "case_words": 1000}
_CODES = ("type", "case_kind", "customer_kind", "priority")
_TITLE = ("reference", "customer", "address", "unit")
_NEEDED = ("customer", "address", "type", "brief")


@dataclass
class Line:
    """What a line says."""

    number: int
    #: from the columns: field → value
    said: dict[str, Any] = field(default_factory=dict)
    #: the same where the value for all lines stands in
    given: dict[str, Any] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[dict[str, Any]] = field(default_factory=list)
    branch_id: str = ""
    title: str = ""

    def value(self, name: str) -> Any:
        """What counts for a field; '' nothing."""
        found = self.said.get(name, "")
        return found if found not in ("", []) else self.given.get(name, "")

    def bad(self, name: str, code: str, /, **facts: Any) -> None:
        """Says why the line cannot be used."""
        self.problems.append({"field": name, "code": code, **facts})

    def remark(self, name: str, code: str, /, **facts: Any) -> None:
        """Says what is to be looked at; the line goes on."""
        self.remarks.append({"field": name, "code": code, **facts})

    @property
    def point(self) -> Point | None:
        """WGS-84; None: none is said."""
        text = self.value("position")
        if not text:
            return None
        lat, lng = text.split(",")
        return Point(float(lat), float(lng))

    @property
    def content_key(self) -> str:
        """What all of it comes to: lines with the same key say the same."""
        whole = {**self.said, "": [self.given.get(name, "") for name in ("customer", "phone", "type", "visit_on")]}
        return _digest(whole)

    @property
    def identity(self) -> dict[str, str]:
        """What a line without a reference is known by: for whom, where, what, when."""
        return {
            "who": self.value("phone") or plain(self.value("customer")),
            "where": plain(self.value("address")),
            "unit": plain(self.value("unit")),
            "type": self.value("type"),
            "when": self.value("visit_on"),
        }

    def known_by(self, place: int = 1) -> str:
        """'r:' and the reference, or 'c:' and the identity; `place`: the how manieth of its identity it is."""
        if self.said.get("reference"):
            return f"r:{self.said['reference']}"
        return f"c:{_digest(self.identity)}" + (f"#{place}" if place > 1 else "")


def _digest(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass
class Surroundings:
    """What the lines are read against."""

    settings: Settings
    #: plain code or name → id of the branches the person may choose
    branches: dict[str, str]
    #: branch → plain staff number or name → ids of those who can go
    technicians: dict[str, dict[str, list[str]]]
    today: date
    #: year Excel's calendar begins
    epoch: int = 1900
    #: plain code or name of a skill → its code
    skills: dict[str, str] = field(default_factory=dict)


class LineReader:
    """Reads lines, one after the other."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._columns = around.settings.columns
        self._given = around.settings.given

    @property
    def branch_ids(self) -> set[str]:
        """Branches a line may be of."""
        return set(self._around.branches.values())

    def read(self, number: int, texts: list[str], reason: str = "") -> Line:
        """What the line says; everything wrong with it stands in `problems`."""
        line = Line(number)
        raw = self._raw(line, texts)
        line.title = " · ".join(raw[name][:60] for name in _TITLE if raw.get(name))
        if reason:
            line.bad("", reason)
            return line
        for name in self._columns:
            self._one(line, name, raw.get(name, ""), line.said)
        for name, text in self._given.items():
            if line.said.get(name, "") in ("", []):
                self._one(line, name, text, line.given)
        self._day_and_window(line, raw)
        self._position(line, raw)
        self._branch(line, raw)
        if not line.problems or line.branch_id:
            self._technician(line, raw)
        self._skills(line, raw)
        self._together(line)
        return line

    def _raw(self, line: Line, texts: list[str]) -> dict[str, str]:
        """The cleaned text of each column that counts."""
        found = {}
        for name, place in self._columns.items():
            try:
                found[name] = cells.clean(texts[place]) if place < len(texts) else ""
            except Unreadable as error:
                found[name] = ""
                line.bad(name, error.code, **error.facts)
        return found

    def _one(self, line: Line, name: str, text: str, into: dict[str, Any]) -> None:
        """A field that stands alone. The others are read together."""
        try:
            value = _value(name, text)
        except Unreadable as error:
            line.bad(name, error.code, **error.facts)
            into[name] = ""
            return
        if value is not None:
            into[name] = value
        if name == "special_needs" and isinstance(value, tuple):
            into[name], rest = value
            if rest:
                into["special_note"] = " ".join(filter(None, [into.get("special_note", ""), rest]))[:300]

    def _day_and_window(self, line: Line, raw: dict[str, str]) -> None:
        rest = self._day(line, raw.get("visit_on", ""), line.said) if "visit_on" in self._columns else ""
        if not line.value("visit_on") and not _is_bad(line, "visit_on"):
            self._day(line, self._given.get("visit_on", ""), line.given)
        has_columns = any(name in self._columns for name in WINDOW_FIELDS)
        window = self._window(line, raw, rest)
        if window or has_columns or rest:
            line.said["window"] = window
        if not window and not any(_is_bad(line, name) for name in WINDOW_FIELDS):
            start, end = self._given.get("start", ""), self._given.get("end", "")
            if start or end:
                line.given["window"] = self._both(line, start, end)
        if line.value("window") and not line.value("visit_on") and not _is_bad(line, "visit_on"):
            line.bad("visit_on", "visit_day_missing")

    def _day(self, line: Line, text: str, into: dict[str, Any]) -> str:
        into["visit_on"] = ""
        if not text:
            return ""
        try:
            found, rest = cells.day(text, epoch=self._around.epoch, today=self._around.today)
        except Unreadable as error:
            line.bad("visit_on", error.code, **error.facts)
            return ""
        if found < self._around.today:
            line.remark("visit_on", "day_past", day=found.isoformat())
        into["visit_on"] = found.isoformat()
        return "" if rest in ("00:00", "00:00:00", "0:00") else rest

    def _window(self, line: Line, raw: dict[str, str], rest: str) -> str:
        text = raw.get("window", "")
        if text and "visit_on" in self._columns and self._columns["window"] == self._columns["visit_on"]:
            text = rest
        start, end = raw.get("start", ""), raw.get("end", "")
        if start and not end and "end" not in self._columns:
            text, start = text or start, ""
        if start or end:
            return self._both(line, start, end)
        if not text and rest:
            try:
                return _span(*cells.window(rest))
            except Unreadable as error:
                line.remark("window", "rest_ignored", text=rest[:40], why=error.code)
                return ""
        if not text:
            return ""
        try:
            return _span(*cells.window(text))
        except Unreadable as error:
            line.bad("window", error.code, **error.facts)
            return ""

    def _both(self, line: Line, start: str, end: str) -> str:
        found = []
        for name, text in (("start", start), ("end", end)):
            if not text:
                line.bad(name, "time_incomplete")
                return ""
            try:
                clock_text = text.rsplit(" ", 1)[-1] if text[:4].isdigit() and " " in text else text
                found.append(cells.clock(clock_text))
            except Unreadable as error:
                line.bad(name, error.code, **error.facts)
                return ""
        if found[0] >= found[1]:
            line.bad("end", "window_order")
            return ""
        return _span(found[0], found[1])

    def _position(self, line: Line, raw: dict[str, str]) -> None:
        if not any(name in self._columns for name in POSITION_FIELDS):
            return
        line.said["position"] = ""
        settings = self._around.settings
        lat, lng = raw.get("lat", ""), raw.get("lng", "")
        found = positions.read_position(_decimal(lat), _decimal(lng), raw.get("position", ""), settings.datum)
        if found is None:
            return
        if isinstance(found, positions.Unusable):
            line.bad(_place(found.field), found.code)
            return
        is_doubtful = isinstance(found, positions.Doubtful)
        position = found.position if isinstance(found, positions.Doubtful) else found
        code = found.code if isinstance(found, positions.Doubtful) else ""
        if not is_doubtful and not land.is_on_land(position.kept):
            code = "position_at_sea"
        if code and not settings.positions_are_right:
            line.bad(_place("lat"), code)
        elif code:
            line.remark(_place("lat"), code)
        line.said["position"] = f"{position.kept.lat:.6f},{position.kept.lng:.6f}"

    def _branch(self, line: Line, raw: dict[str, str]) -> None:
        text = raw.get("branch", "")
        if not text:
            line.branch_id = self._around.settings.branch_id
        else:
            line.branch_id = self._around.branches.get(plain(text), "")
            if not line.branch_id:
                line.bad("branch", "branch_unknown", word=text[:40])
        if "branch" in self._columns:
            line.said["branch"] = line.branch_id
        if not line.branch_id and not text:
            line.bad("branch", "branch_missing")

    def _technician(self, line: Line, raw: dict[str, str]) -> None:
        known = self._around.technicians.get(line.branch_id, {})
        for text, into in ((raw.get("technician", ""), line.said), (self._given.get("technician", ""), line.given)):
            if "technician" in into or not text:
                continue
            found = known.get(plain(text), [])
            if len(found) == 1:
                into["technician"] = found[0]
            elif line.branch_id:
                line.bad("technician", "technician_twice" if found else "technician_unknown", name=text[:40])
        if "technician" in self._columns:
            line.said.setdefault("technician", "")

    def _skills(self, line: Line, raw: dict[str, str]) -> None:
        known = self._around.skills
        for text, into in ((raw.get("skills", ""), line.said), (self._given.get("skills", ""), line.given)):
            found: list[str] = []
            for word in cells.parts(text):
                code = known.get(plain(word), "")
                if not code:
                    line.bad("skills", "skill_unknown", word=word[:40])
                elif code not in found:
                    found.append(code)
            if found:
                into["skills"] = found
        if "skills" in self._columns:
            line.said.setdefault("skills", [])

    def _together(self, line: Line) -> None:
        for name in _NEEDED:
            if not line.value(name) and not _is_bad(line, name):
                line.bad(name, "value_missing")
        if line.value("priority") not in ("", "normal") and not line.value("priority_reason"):
            line.bad("priority_reason", "priority_reason_missing")
        if line.value("only_technician") == "yes" and not line.value("technician") and not _is_bad(line, "technician"):
            line.bad("only_technician", "pin_without_lead")
        if line.value("amount") and not line.value("amount_reason") and not _is_bad(line, "amount_reason"):
            line.bad("amount_reason", "amount_reason_missing")
        if not line.value("phone") and not _is_bad(line, "phone"):
            line.remark("phone", "phone_none")


def planned_minutes(line: Line) -> int:
    """As said, or as long as this type usually takes."""
    return int(line.value("planned_minutes") or PLANNED_MINUTES[line.value("type")])


def case_kind(line: Line) -> str:
    """As said, or as fits the visit."""
    return line.value("case_kind") or CASE_KIND_OF_TYPE[line.value("type")]


def customer_kind(line: Line) -> str:
    """As said; a private person where nothing is."""
    return FIRM if line.value("customer_kind") == FIRM else PERSON


def _value(name: str, text: str) -> Any:
    """The value of a field that stands alone; None: it is read together with others. Raises Unreadable."""
    if name in _ONE_LINE:
        if name in ("reference",) and cells.is_shortened(text):
            raise Unreadable("number_shortened", text=text[:40])
        return cells.one_line(text, _ONE_LINE[name])
    if name in _LINES:
        return cells.several_lines(text, _LINES[name])
    if name in _CODES:
        return cells.code(text, name) if text else ""
    if name == "phone":
        return _phone(text) if text else ""
    if name == "planned_minutes":
        return cells.minutes(text) if text else ""
    if name == "load_m2":
        return cells.square_metres(text) if text else ""
    if name in ("only_technician", "promised"):
        return cells.code(text, "yes_no") if text else ""
    if name == "amount":
        return (cells.fen(text) or "") if text else ""
    if name == "special_needs":
        found, rest = cells.codes_and_rest(text, "special_needs")
        return [code for code in SPECIAL_NEEDS if code in found], rest
    return None


def _phone(text: str) -> str:
    if cells.is_shortened(text):
        raise Unreadable("number_shortened", text=text[:40])
    try:
        return phone_number(text.removesuffix(".0"))
    except PydanticCustomError as error:
        raise Unreadable("phone_bad") from error


def _decimal(text: str) -> str:
    """Longitude and latitude as people paste them: with a sign of degrees, in full width."""
    half = "".join(chr(ord(letter) - 0xFEE0) if "\uff01" <= letter <= "\uff5e" else letter for letter in text)
    short = half.strip().rstrip("°NESWnesw ").strip()
    whole, dot, digits = short.partition(".")
    return f"{whole}{dot}{digits[:15]}"


def _place(name: str) -> str:
    return "position" if name == "pasted" else name


def _span(start: Any, end: Any) -> str:
    return f"{start:%H:%M}-{end:%H:%M}"


def _is_bad(line: Line, name: str) -> bool:
    return any(problem["field"] == name for problem in line.problems)
