"""Which line holds the headings, which column is what, and which datum the headings speak of."""

import hashlib

from fieldservice.core.coords import Datum
from fieldservice.imports.rules import FIELDS
from fieldservice.imports.settings import Settings
from fieldservice.imports.vocabulary import field_of_heading, plain_heading, words

#: title and remarks above the headings
_LOOKED_AT = 20


def heading_line(rows: list[tuple[int, list[str], str]]) -> int | None:
    """Number of the line with the most headings that are known; None: the first line looks like data already."""
    best, most = None, 0
    for number, cells, _reason in rows[:_LOOKED_AT]:
        known = len({name for cell in cells if (name := _field(cell))})
        if known > most:
            best, most = number, known
    if most >= 2 or (most == 1 and rows and best == rows[0][0]):
        return best
    first = rows[0] if rows else None
    return first[0] if first and not any(any(letter.isdigit() for letter in cell) for cell in first[1]) else best


def columns_of(headings: list[str]) -> dict[str, int]:
    """Field → place of the column, as far as the headings are known. The first column of a field counts."""
    found: dict[str, int] = {}
    estates = {plain_heading(word) for word in words()["estates"]}
    for place, heading in enumerate(headings):
        name = _field(heading)
        if name in FIELDS and name not in found:
            found[name] = place
    for place, heading in enumerate(headings):
        if plain_heading(heading) in estates and "address" not in found:
            found["address"] = place
    if "lng" in found and "lat" in found:
        found.pop("position", None)
    if "start" in found and "end" in found:
        found.pop("window", None)
    return found


def datum_of(headings: list[str]) -> Datum | None:
    """The datum the headings name, as in lng_gcj02; None: they name none."""
    for heading in headings:
        text = plain_heading(heading) + plain_heading(heading.replace("(", " ").replace("（", " "))
        for datum, marks in words()["datums"].items():
            if any(plain_heading(mark) in text for mark in marks):
                return Datum(datum)
    return None


def key_of(headings: list[str]) -> str:
    """The same for lists with the same headings in the same order; columns that we added ourselves do not count."""
    texts = [plain_heading(heading) for heading in headings if _field(heading) != "-"]
    return hashlib.blake2b("\n".join(texts).encode(), digest_size=16).hexdigest()


def adopted(earlier: list[str], settings: Settings, headings: list[str]) -> dict[str, int]:
    """The columns of an earlier import of the same headings, found again by their headings."""
    return {
        name: headings.index(earlier[place])
        for name, place in settings.columns.items()
        if place < len(earlier) and earlier[place] in headings
    }


def _field(heading: str) -> str | None:
    text = plain_heading(heading)
    if not text:
        return None
    known = field_of_heading()
    if text in known:
        return known[text]
    for unit in words()["units_of_headers"]:
        short = text.removesuffix(plain_heading(unit))
        if short and short in known:
            return known[short]
    for datum in words()["datums"].values():
        for mark in datum:
            short = text.replace(plain_heading(mark), "")
            if short != text and short in known:
                return known[short]
    return None
