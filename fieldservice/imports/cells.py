"""What stands in a cell, read as people mean it: days, times, windows, amounts. Everything comes in as text.

Each reader gives a value or raises Unreadable with the reason.
"""

import re
import unicodedata
from datetime import date, time, timedelta
from functools import cache
from typing import Any

from fieldservice.core.money import parse_yuan
from fieldservice.core.tables import FORMULA_STARTS, TEXT_MARK
from fieldservice.imports.vocabulary import code_of_word, plain, span_of_word, words, words_for_none
from fieldservice.jobs.rules import FIRST_YEAR, LAST_YEAR

#: what writers of lists leave behind and nobody sees: marks of byte order, joiners, soft hyphens
_UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"))
#: they turn the order of what is shown around
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}
_SHORTENED = re.compile(r"[+-]?\d(?:\.\d+)?[eE]\+?\d{1,3}\Z")
#: serial 1 of Excel's calendars, counted so that the 29 February 1900 it believes in does no harm after it
_SERIAL_START = {1900: date(1899, 12, 30), 1904: date(1904, 1, 1)}


class Unreadable(ValueError):
    """Why a cell says nothing: a code with words (words.py), and facts for them."""

    def __init__(self, code: str, /, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def clean(text: str) -> str:
    """A cell's text as it is meant; '' where people write 'none'. Raises Unreadable for what cannot be kept."""
    text = text.translate(_UNSEEN).replace("\r\n", "\n").replace("\r", "\n").strip()
    if text.startswith(TEXT_MARK) and text[1:].lstrip().startswith(FORMULA_STARTS):
        text = text[1:].lstrip()  # how a list says that this is no formula
    for letter in text:
        if letter == "\ufffd":
            raise Unreadable("cell_undecodable")
        if letter in _TURNING or (unicodedata.category(letter) == "Cc" and letter not in "\n\t"):
            raise Unreadable("cell_control", letter=f"U+{ord(letter):04X}")
        if unicodedata.category(letter) == "Cs":
            raise Unreadable("cell_undecodable")
    return "" if text.casefold() in words_for_none() else text


def is_shortened(text: str) -> bool:
    """Whether a spreadsheet has replaced the last digits of a long number: '1.38E+10'."""
    return bool(_SHORTENED.match(text))


def one_line(text: str, limit: int) -> str:
    """A text of one line. Raises Unreadable when it is too long."""
    line = " ".join(text.split())
    if len(line) > limit:
        raise Unreadable("text_too_long", length=len(line), limit=limit)
    return line


def several_lines(text: str, limit: int) -> str:
    """A text of any lines. Raises Unreadable when it is too long."""
    if len(text) > limit:
        raise Unreadable("text_too_long", length=len(text), limit=limit)
    return text


def code(text: str, kind: str) -> str:
    """The code of a word. Raises Unreadable."""
    found = code_of_word(kind).get(plain(text))
    if found is None:
        raise Unreadable("word_unknown", word=text[:40])
    return found


def codes_and_rest(text: str, kind: str) -> tuple[list[str], str]:
    """The codes of the words known, and the other words as they stand."""
    known = code_of_word(kind)
    found: list[str] = []
    rest: list[str] = []
    for word in re.split(words()["between"], text):
        if plain(word) in known:
            found.append(known[plain(word)])
        elif word:
            rest.append(word)
    order = list(words()["values"][kind])
    return sorted(set(found), key=order.index), " ".join(rest)


def parts(text: str) -> list[str]:
    """The names in one cell; a name may hold blanks."""
    return [word.strip() for word in re.split(r"[,，;；、/|\n]+", text) if word.strip()]


def square_metres(text: str) -> int:
    """An area in whole m², a part of one counts as one: '12', '35.5 ㎡'. Raises Unreadable."""
    half = unicodedata.normalize("NFKC", text).strip().casefold()
    for unit in words()["square_metres"]:
        half = half.removesuffix(unit).strip()
    match = re.fullmatch(r"(\d{1,4})(?:\.(\d{1,4}))?", half)
    if not match:
        raise Unreadable("area_unreadable", text=text[:40])
    return int(match[1]) + (1 if match[2] and int(match[2]) else 0)


def day(text: str, *, epoch: int = 1900, today: date) -> tuple[date, str]:
    """The day in a text, and what stands behind it (a time, a part of the day). Raises Unreadable.

    `epoch`: 1904 for workbooks of old Macintoshes. A day without its year is the one nearest to `today`.
    """
    half = unicodedata.normalize("NFKC", text).strip()
    for pattern, read in _day_patterns():
        match = pattern.match(half)
        if match:
            found = read(match, today)
            rest = re.sub(words()["day"]["weekday"], "", half[match.end() :]).strip(" ,T\t\n")
            return _likely_day(found), rest
    if re.fullmatch(r"\d{5}(\.\d+)?", half):
        return _likely_day(_SERIAL_START[epoch] + timedelta(days=int(half.split(".")[0]))), ""
    raise Unreadable("import_day_unreadable", text=text[:40])


def _likely_day(found: date) -> date:
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Unreadable("day_out_of_range", day=found.isoformat(), first=FIRST_YEAR, last=LAST_YEAR)
    return found


@cache
def _day_patterns() -> list[tuple[re.Pattern[str], Any]]:
    said = words()["day"]
    year, month, day_ = said["year"], said["month"], said["day"]
    name = r"([A-Za-z]{3,9})\.?"
    end = r"(?!\d)"
    return [
        (re.compile(rf"(\d{{4}})\s*(?:[-/.]|{year})\s*(\d{{1,2}})\s*(?:[-/.]|{month})\s*(\d{{1,2}}){end}\s*[{day_}]?"),
         lambda m, _today: _date(m[1], m[2], m[3])),
        (re.compile(rf"(\d{{4}})(\d{{2}})(\d{{2}}){end}"), lambda m, _today: _date(m[1], m[2], m[3])),
        (re.compile(rf"(\d{{1,2}})\s*{month}\s*(\d{{1,2}}){end}\s*[{day_}]?"),
         lambda m, today: _nearest(m[1], m[2], today)),
        (re.compile(rf"(\d{{1,2}})\.(\d{{1,2}})\.(\d{{4}}){end}"), lambda m, _today: _date(m[3], m[2], m[1])),
        (re.compile(rf"(\d{{1,2}})[-/](\d{{1,2}})[-/](\d{{4}}){end}"), lambda m, _today: _either(m)),
        (re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?[\s-]*{name},?[\s-]*(\d{{4}}){end}"),
         lambda m, _today: _date(m[3], _month(m[2]), m[1])),
        (re.compile(rf"{name}\s*(\d{{1,2}})(?:st|nd|rd|th)?,?\s*(\d{{4}}){end}"),
         lambda m, _today: _date(m[3], _month(m[1]), m[2])),
    ]


def _date(year: Any, month: Any, day_: Any) -> date:
    try:
        return date(int(year), int(month), int(day_))
    except ValueError as error:
        raise Unreadable("import_day_unreadable", text=f"{year}-{month}-{day_}") from error


def _nearest(month: str, day_: str, today: date) -> date:
    found = []
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            found.append(date(year, int(month), int(day_)))
        except ValueError:
            continue
    if not found:
        raise Unreadable("import_day_unreadable", text=f"{month}-{day_}")
    return min(found, key=lambda one: abs((one - today).days))


def _either(match: re.Match[str]) -> date:
    first, second = int(match[1]), int(match[2])
    if first <= 12 and second <= 12 and first != second:
        raise Unreadable("day_ambiguous", text=match[0])
    return _date(match[3], *((second, first) if first > 12 else (first, second)))


def _month(name: str) -> int:
    found = _MONTHS.get(name[:3].casefold())
    if found is None:
        raise Unreadable("import_day_unreadable", text=name)
    return found


def clock(text: str) -> time:
    """A time of day: '9:00', '9点半', '下午3点', '3 pm', Excel's 0.375. Raises Unreadable."""
    hour, minute, _is_said = _clock(text, None)
    return time(hour, minute)


def _clock(text: str, half: str | None) -> tuple[int, int, str | None]:
    """Hour, minute and which half of the day was said; `half`: said before."""
    said = words()["time"]
    rest = unicodedata.normalize("NFKC", text).strip().casefold()
    for name in ("morning", "afternoon", "noon"):
        for word in said[name]:
            if rest.startswith(word):
                half, rest = name, rest[len(word) :].strip()
    for ending, name in (("a.m.", "morning"), ("p.m.", "afternoon"), ("am", "morning"), ("pm", "afternoon")):
        if rest.endswith(ending):
            half, rest = name, rest[: -len(ending)].strip()
            break
    hour, minute = _hour_and_minute(rest, text)
    if half in ("afternoon", "noon") and 1 <= hour < 12 and not (half == "noon" and hour >= 10):
        hour += 12
    if half == "morning" and hour == 12 and "am" in text.casefold():
        hour = 0
    if hour > 23 or minute > 59:
        raise Unreadable("import_time_unreadable", text=text[:40])
    return hour, minute, half


def _hour_and_minute(rest: str, text: str) -> tuple[int, int]:
    said = words()["time"]
    fraction = re.fullmatch(r"0?\.(\d+)", rest)
    if fraction:
        minutes = round(float(f"0.{fraction[1]}") * 1440)
        return minutes // 60, minutes % 60
    match = re.fullmatch(
        rf"(\d{{1,2}})(?:\s*[:.]\s*(\d{{2}})(?::\d{{2}}(?:\.\d+)?)?|\s*[{said['hour']}]\s*"
        rf"(?:({said['half']})|(\d{{1,2}})\s*[{said['minute']}]?|(1|3)?{said['quarter']})?)?",
        rest,
    )
    if not match:
        raise Unreadable("import_time_unreadable", text=text[:40])
    if match[3]:
        return int(match[1]), 30
    if match[5]:
        return int(match[1]), int(match[5]) * 15
    return int(match[1]), int(match[2] or match[4] or 0)


def window(text: str) -> tuple[time, time]:
    """A span: '9:00-11:00', '9点到11点', '下午2-4点', '上午'. Raises Unreadable."""
    span = span_of_word().get(plain(text))
    if span:
        start, end = span.split("-")
        return time.fromisoformat(start), time.fromisoformat(end)
    to = words()["time"]["to"]
    inside = re.match(r"[^(（]*[(（](.+)[)）]\Z", text.strip())
    if inside:  # the part of the day, and in brackets when that is
        return window(inside[1])
    parts = [part for part in re.split(rf"\s*(?:[{to}-]+|\bto\b|\buntil\b)\s*", text.strip()) if part]
    if len(parts) == 1:
        clock(parts[0])  # says itself what is wrong with it
        raise Unreadable("window_one_time", text=text[:40])
    if len(parts) != 2:
        raise Unreadable("import_time_unreadable", text=text[:40])
    first, second = parts
    pm = second.casefold().endswith(("pm", "p.m.")) and not first.casefold().endswith(("m", "m."))
    start_hour, start_minute, half = _clock(first, None)
    end_hour, end_minute, _ = _clock(second, "afternoon" if half == "noon" else half)
    if pm and start_hour + 12 <= end_hour and start_hour < 12:
        start_hour += 12
    start_at, end_at = time(start_hour, start_minute), time(end_hour, end_minute)
    if start_at >= end_at:
        raise Unreadable("window_order")
    return start_at, end_at


def minutes(text: str) -> int:
    """A length in minutes: '30', '90分钟', '1.5 小时'. Raises Unreadable."""
    half = unicodedata.normalize("NFKC", text).strip().casefold()
    match = re.fullmatch(r"(\d{1,4}(?:\.\d{1,3})?)\s*(\D*)", half)
    if not match:
        raise Unreadable("minutes_unreadable", text=text[:40])
    unit, number = match[2].strip(), float(match[1])
    if unit in words()["minutes"]["hours"]:
        number *= 60
    elif unit and unit not in words()["minutes"]["minutes"]:
        raise Unreadable("minutes_unreadable", text=text[:40])
    if number != int(number):
        raise Unreadable("minutes_unreadable", text=text[:40])
    if not 5 <= number <= 1440:
        raise Unreadable("minutes_out_of_range")
    return int(number)


def fen(text: str) -> int:
    """An amount of yuan as whole fen. Raises Unreadable."""
    half = unicodedata.normalize("NFKC", text).strip().casefold()
    for unit in words()["money"]:
        half = half.removesuffix(unit).removeprefix(unit).strip()
    half = re.sub(r"\.(\d{2})0+\Z", r".\1", half)
    try:
        return parse_yuan(half)
    except ValueError as error:
        raise Unreadable("amount_bad") from error
