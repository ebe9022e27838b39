"""What a sign-off would show now, beside who and where: the server's twin of `static/js/rules/presented.js`.

Both run `tests/vectors/presented.json`. A job here is its document as the phone holds it (docs/sync-protocol.md).
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from fieldservice.checklists import rules
from fieldservice.checklists.items.base import Json
from fieldservice.signoff.sheet import Presented

#: of `presented`: who, where, when and in which words. The rest is the work, and outdates the sheet when it changes.
HEADER = frozenset(
    {
        "v", "kind", "language", "revision", "consent", "statement", "job", "customer", "site", "branch",
        "technician", "shown_ms",
    }
)  # fmt: skip
#: after the end nobody could sign again: photos stand beside the sheet, and so does what is counted by them
NOT_AFTER_THE_END = frozenset({"photos", "checklist"})
#: what the office may still change then by itself
AMOUNTS = frozenset({"total_fen", "agreed_fen"})
WORK = frozenset(Presented.model_fields) - HEADER

_BEFORE_SIGNING = ("departure", "door", "during", "leaving")
_UNHOLDABLE = re.compile("[\0\ud800-\udfff]")
_COLON = re.compile("[：:]")
#: what only says how to answer
_HOW = re.compile(r"[：:].*|[？?]\Z", re.S)


def is_as_shown(presented: Json, now: Json, names: frozenset[str] = WORK) -> bool:
    """Whether what was `presented` is what `work_shown` says `now`, in the fields of these names."""
    return _comparable(presented, names) == _comparable(now, names)


def work_shown(job: Json, content: Json | None, facts: Json, seen: Json, language: str) -> Json:
    """All of a sign-off's `presented` that is not of the `HEADER`.

    job: `checklist`, `answers` and `photos` as in its document, and `lines` and `agreed_fen`; facts and seen as the
    checklist asks for them. content: None when there is no checklist.
    """
    asked = _asked(job, content, facts)
    checklist = job["checklist"]
    lines = [{name: line[name] for name in _LINE} for line in job["lines"]]
    work = {
        "checklist": {"id": checklist["id"] if checklist else None, **_tally(asked, seen, language)},
        "found": _sentences("found", asked, content, language),
        "done": _sentences("done", asked, content, language),
        "results": [{"label": label, "value": value} for label, value, _kind in _answers("result", asked, language)],
        "photos": _photos(job),
        "lines": lines,
        "total_fen": sum(line["amount_fen"] for line in lines),
        "agreed_fen": job["agreed_fen"],
    }
    return {name: _tidy(part) for name, part in work.items()}


_LINE = ("text", "quantity_milli", "unit", "unit_price_fen", "amount_fen")
#: an item that applies, and its answer
_Asked = list[tuple[Json, Json | None]]


def _comparable(shown: Json, names: frozenset[str]) -> Json:
    """Without the moments of photos and the order they give: the server corrects what a phone's clock said."""
    found = {name: shown.get(name) for name in names}
    if "photos" in found:
        found["photos"] = sorted((photo["sha256"], photo["slot"], photo["caption"]) for photo in shown["photos"])
    return found


def _asked(job: Json, content: Json | None, facts: Json) -> _Asked:
    answers = {answer["item"]: answer["value"] for answer in job["answers"] if answer["value"] is not None}
    items = rules.applying(content, facts, answers)
    return [(item, answers.get(item["key"])) for phase in _BEFORE_SIGNING for item in items if item["phase"] == phase]


def _tally(asked: _Asked, seen: Json, language: str) -> Json:
    """Required steps at the customer's, up to the signature: how many were done, and which were not."""
    end = next((place for place, (item, _value) in enumerate(asked) if item["type"] == "signature"), len(asked))
    required = [pair for pair in asked[:end] if pair[0]["required"] and pair[0]["phase"] != "departure"]
    left = [(item, value or {}) for item, value in required if not _is_done(item, value, seen)]
    not_done = [{"words": item["words"][language], "why": value.get("why", "")} for item, value in left]
    return {"done": len(required) - len(left), "of": len(required), "not_done": not_done}


def _is_done(item: Json, value: Json | None, seen: Json) -> bool:
    return not (value or {}).get("why") and rules.is_done(item, {item["key"]: value}, seen)


def _sentences(sheet: str, asked: _Asked, content: Json | None, language: str) -> list[str]:
    """The answers with what was asked, unless the heading alone says it (the only text there). One colon is enough."""
    items = content["items"] if content else []
    is_only_text = sum(item["sheet"] == sheet and item["type"] == "text" for item in items) == 1
    colon, dash = ("：", "——") if language == "zh" else (": ", " – ")
    return [
        value
        if label == value or (kind == "text" and is_only_text)
        else _HOW.sub("", label) + (dash if _COLON.search(value) else colon) + value
        for label, value, kind in _answers(sheet, asked, language)
    ]


def _answers(sheet: str, asked: _Asked, language: str) -> Iterator[tuple[str, str, str]]:
    """Words of the item, of its answer, and its type."""
    for item, value in asked:
        words = _answer_words(item, value, language) if item["sheet"] == sheet and value else ""
        if words:
            yield item["words"][language], words, item["type"]


def _answer_words(item: Json, value: Json, language: str) -> str:
    """As the customer reads it (`static/js/rules/answer-words.js`); '' when there is nothing to say."""
    if value.get("done") or value.get("said"):
        return str(item["words"][language])
    own = str(value.get("text") or "").strip()
    if isinstance(value.get("chosen"), list):
        chosen = [option for option in item["options"] if option["key"] in value["chosen"]]
        picked = [_option_words(option, own, language) for option in chosen]
        words = ("、" if language == "zh" else ", ").join(picked)
        return words + ("：" if language == "zh" else ": ") + own if own else words
    if isinstance(value.get("milli"), int):
        unit = item["unit"]
        return f"{value['milli'] / 1000:.{item['decimals']}f}" + (" " if unit not in ("", "%") else "") + unit
    return own


def _option_words(option: Json, own: str, language: str) -> str:
    words = str(option["words"][language])
    return _HOW.sub("", words) if own and option["text"] else words


def _photos(job: Json) -> list[Json]:
    own = [photo for photo in job["photos"] if photo["run"] == job["run"] and photo["slot"] != "paper"]
    shown = [photo for photo in own if _counts(photo)]
    shown.sort(key=lambda photo: (photo["at_ms"], photo["id"]))
    return [{name: photo[name] for name in ("sha256", "slot", "caption", "at_ms")} for photo in shown]


def _counts(photo: Json) -> bool:
    if photo["void_reason"] is not None or photo["late"] or not photo["opens"]:
        return False
    return photo["picture"] != "unusable" or bool(photo["waived"])


def _tidy(part: Any) -> Any:
    """Text in its composed form, without NUL and halves of characters, as canonical JSON takes it."""
    if isinstance(part, dict):
        return {name: _tidy(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_tidy(value) for value in part]
    return unicodedata.normalize("NFC", _UNHOLDABLE.sub("", part)) if isinstance(part, str) else part
