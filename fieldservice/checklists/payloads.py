"""Forms of the checklist editor: a step or phrase as fields of a page, and back.

A draft may be saved with faults, so that fields may be empty here; what a content must hold to is `content`'s to say.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from itertools import count
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from werkzeug.datastructures import MultiDict

from fieldservice.checklists.conditions import code_of, condition_of
from fieldservice.checklists.content import CONDITIONS_MOST, HINT_MOST, KEY, TITLE_MOST
from fieldservice.checklists.editing import fresh_key
from fieldservice.checklists.items import ITEM_TYPES
from fieldservice.checklists.items.base import LANGUAGES, SCRIPT_MOST, WORDS_MOST, Fault, Json
from fieldservice.checklists.items.choose import OPTIONS_MOST
from fieldservice.checklists.items.number import MOST_MILLI, UNIT_MOST
from fieldservice.checklists.items.photo import SLOTS
from fieldservice.checklists.items.text import TEXT_MOST
from fieldservice.checklists.rules import PHASES
from fieldservice.core.i18n import gettext as _
from fieldservice.web.checklist_words import fault_words, kept_script, shown_script
from fieldservice.web.forms import NONE_IF_EMPTY, Form, FormState, line, one_of, problem, read_form, words
from fieldservice.web.visit_words import quantity

SHEETS = ("", "found", "done", "result")
PHOTOS_MOST = 20
#: rows of answers a form may bring; more than are allowed, so that nothing typed is lost
_ROWS_MOST = 40

Line = Annotated[str, line(WORDS_MOST, least=0)]
Script = Annotated[str, words(SCRIPT_MOST), AfterValidator(kept_script)]


def _milli(text: Any) -> Any:
    """Thousandths of a number as typed, full width and comma too."""
    plain = "".join(chr(ord(sign) - 0xFEE0) if "！" <= sign <= "～" else sign for sign in str(text)).strip()
    try:
        milli = Decimal(plain.replace("−", "-")) * 1000
    except InvalidOperation as error:
        raise problem("number_expected") from error
    if not milli.is_finite():
        raise problem("number_expected")
    if abs(milli) > MOST_MILLI:
        raise problem("number_too_large", limit=f"{MOST_MILLI // 1000:,}")
    if milli != int(milli):
        raise problem("number_too_fine")
    return int(milli)


def milli_text(milli: int | None) -> str:
    """9400 → '9.4'; '' for None."""
    return "" if milli is None else quantity(milli)


def _conditions(codes: tuple[str, ...]) -> tuple[str, ...]:
    if any(condition_of(code) is None for code in codes if code):
        raise problem("choose_one")
    return tuple(dict.fromkeys(code for code in codes if code))


Milli = Annotated[Annotated[int, BeforeValidator(_milli)] | None, NONE_IF_EMPTY]


class StepForm(Form):
    """What every step says."""

    type: Annotated[str, one_of(ITEM_TYPES)]
    phase: Annotated[str, one_of(PHASES)]
    words_zh: Line = ""
    words_en: Line = ""
    hint_zh: Annotated[str, line(HINT_MOST, least=0)] = ""
    hint_en: Annotated[str, line(HINT_MOST, least=0)] = ""
    #: ticked: may be left out
    optional: str = ""
    when: Annotated[tuple[str, ...], AfterValidator(_conditions)] = ()
    sheet: Annotated[str, one_of(SHEETS)] = ""

    def item(self, key: str) -> Json:
        """The step as the content has it, without what its kind adds."""
        return {
            "key": key,
            "phase": self.phase,
            "type": self.type,
            "words": _pair(self.words_zh, self.words_en),
            "hint": _pair(self.hint_zh, self.hint_en),
            "required": not self.optional,
            "when": [condition_of(code) for code in self.when],
            "sheet": self.sheet if self.sheet in ITEM_TYPES[self.type].sheets else "",
            **self.fields_of_kind(),
        }

    def fields_of_kind(self) -> Json:
        """What the kind of step adds."""
        return {}


class SayForm(StepForm):
    """Words to read aloud."""

    script_zh: Script = ""
    script_en: Script = ""

    def fields_of_kind(self) -> Json:
        return {"script": _pair(self.script_zh, self.script_en)}


class NumberForm(StepForm):
    """A figure; limits as people write numbers."""

    unit: Annotated[str, line(UNIT_MOST, least=0)] = ""
    decimals: Annotated[int, Field(ge=0, le=3)] = 0
    number_least: Milli = None
    number_most: Milli = None
    warn_below: Milli = None
    warn_above: Milli = None
    warn_zh: Line = ""
    warn_en: Line = ""

    def fields_of_kind(self) -> Json:
        return {
            "unit": self.unit,
            "decimals": self.decimals,
            "least_milli": self.number_least,
            "most_milli": self.number_most,
            "warn_below_milli": self.warn_below,
            "warn_above_milli": self.warn_above,
            "warn": _pair(self.warn_zh, self.warn_en),
        }


class TextForm(StepForm):
    """A few sentences."""

    text_most: Annotated[int, Field(ge=1, le=TEXT_MOST)] = 300

    def fields_of_kind(self) -> Json:
        return {"most": self.text_most}


class PairForm(StepForm):
    """Photos before and after."""

    photos_least: Annotated[int, Field(ge=1, le=PHOTOS_MOST)] = 1

    def fields_of_kind(self) -> Json:
        return {"least": self.photos_least}


class PhotoForm(PairForm):
    """Photos of one thing."""

    slot: Annotated[str, one_of(SLOTS)]

    def fields_of_kind(self) -> Json:
        return {"slot": self.slot, "least": self.photos_least}


class ChooseForm(StepForm):
    """A question; its answers are read beside it (`_options`)."""

    many: str = ""

    def fields_of_kind(self) -> Json:
        return {"many": bool(self.many)}


class PhraseForm(Form):
    """Words for a situation."""

    title_zh: Annotated[str, line(TITLE_MOST, least=0)] = ""
    title_en: Annotated[str, line(TITLE_MOST, least=0)] = ""
    words_zh: Annotated[str, words(SCRIPT_MOST)] = ""
    words_en: Annotated[str, words(SCRIPT_MOST)] = ""

    def phrase(self, key: str) -> Json:
        """As the content has it."""
        return {
            "key": key,
            "title": _pair(self.title_zh, self.title_en),
            "words": _pair(self.words_zh, self.words_en),
        }


_FORMS: dict[str, type[StepForm]] = {
    "say": SayForm,
    "number": NumberForm,
    "text": TextForm,
    "photo": PhotoForm,
    "photo_pair": PairForm,
    "choose": ChooseForm,
}


def read_step(
    data: MultiDict[str, str], state: FormState, key: str, known_options: Iterable[str]
) -> Json | None:
    """The step as typed; None when something cannot be kept at all, which then stands in `state.errors`.

    `known_options`: keys of the answers it had; others get one of their own.
    """
    given = read_form(_FORMS.get(data.get("type", ""), StepForm), data, state)
    options = _options(data, state, set(known_options)) if data.get("type") == "choose" else None
    if given is None or state.errors:
        return None
    item = given.item(key)
    return item if options is None else {**item, "options": options}


def read_phrase(data: MultiDict[str, str], state: FormState, key: str) -> Json | None:
    """The phrase as typed; None as `read_step`."""
    given = read_form(PhraseForm, data, state)
    return given.phrase(key) if given else None


def step_fields(item: Json) -> dict[str, Any]:
    """A step as the fields of its form."""
    fields: dict[str, Any] = {
        "type": item["type"],
        "phase": item["phase"],
        **_both("words", item["words"]),
        **_both("hint", item["hint"]),
        "optional": "" if item["required"] else "1",
        "when": tuple(code_of(condition) for condition in item["when"]),
        "sheet": item["sheet"],
    }
    readers: dict[str, Any] = {
        "say": _say,
        "number": _number,
        "text": _text,
        "photo": _photo,
        "photo_pair": _photo,
        "choose": _choose,
    }
    return fields | readers.get(item["type"], lambda _item: {})(item)


def phrase_fields(phrase: Json) -> dict[str, Any]:
    """A phrase as the fields of its form."""
    return {**_both("title", phrase["title"]), **_both("words", phrase["words"])}


def fresh_step(kind: str, phase: str) -> dict[str, Any]:
    """The form of a step that is not there yet."""
    return {
        "type": kind,
        "phase": phase,
        "decimals": "0",
        "text_most": "300",
        "photos_least": "1",
        "slot": "during",
    }


def rows_of(state: FormState) -> int:
    """How many rows of answers a form shows: those that are filled and one more, two at least."""
    filled = [row for row in range(_ROWS_MOST) if any(state.value(name) for name in option_names(row)[1:])]
    return max(2, min(max(filled, default=-1) + 2, max(OPTIONS_MOST, len(filled))))


def option_names(row: int) -> tuple[str, str, str, str]:
    """The fields of one answer: its key, its words, whether it asks for more."""
    return f"option_{row}_key", f"option_{row}_zh", f"option_{row}_en", f"option_{row}_text"


def swap_rows(state: FormState, row: int, other: int) -> None:
    """Exchanges two answers of a form."""
    for name, other_name in zip(option_names(row), option_names(other), strict=True):
        state.values[name], state.values[other_name] = state.all(other_name), state.all(name)


def field_labels() -> dict[str, str]:
    """Field of a form → how it is called."""
    chinese, english = _("Chinese"), _("English")
    names = {
        "words": _("Words"), "hint": _("Hint"), "script": _("Script"), "warn": _("Warning"), "title": _("Title"),
    }  # fmt: skip
    both = {
        f"{name}_{language}": f"{said} · {spoken}"
        for name, said in names.items()
        for language, spoken in zip(LANGUAGES, (chinese, english), strict=True)
    }
    conditions = {
        f"when_{number}": _("Condition %(number)s", number=number + 1) for number in range(CONDITIONS_MOST)
    }
    answers = {
        name: _("Answer %(number)s", number=row + 1)
        for row in range(_ROWS_MOST)
        for name in option_names(row)
    }
    return both | conditions | answers | {
        "type": _("Kind of step"), "phase": _("Phase"), "optional": _("May be left out"),
        "when": _("Asked only if"), "sheet": _("On the customer's sheet"), "unit": _("Unit"),
        "decimals": _("Decimals"), "number_least": _("Least possible"), "number_most": _("Most possible"),
        "warn_below": _("Warn below"), "warn_above": _("Warn above"), "text_most": _("Characters at most"),
        "photos_least": _("Photos at least"), "slot": _("What the photo is for"), "many": _("Several answers at once"),
        "options": _("Answers"),
    }  # fmt: skip


_FIELDS = {
    "least_milli": "number_least", "most_milli": "number_most", "warn_below_milli": "warn_below",
    "warn_above_milli": "warn_above", "most": "text_most", "least": "photos_least", "required": "optional",
}  # fmt: skip


def field_of(path: str) -> str:
    """The field a fault stands beside: 'script.en' → 'script_en', 'options.1.words.zh' → 'option_1_zh'."""
    parts = path.split(".")
    if parts[0] == "options" and len(parts) > 1:
        return f"option_{parts[1]}_{parts[-1] if parts[-1] in LANGUAGES else 'zh'}"
    return _FIELDS.get(path, "_".join(parts))


def add_faults(state: FormState, faults: Iterable[Fault]) -> None:
    """Puts faults (their paths within the step or phrase) beside their fields."""
    for fault in faults:
        state.errors.setdefault(field_of(fault.path), fault_words(fault.code))


def _options(data: MultiDict[str, str], state: FormState, known: set[str]) -> list[Json]:
    """The answers with words, in order. Keys that were not given out here are not believed."""
    found: list[Json] = []
    for row in count():
        key_name, zh_name, en_name, text_name = option_names(row)
        if row >= _ROWS_MOST or zh_name not in data:
            return found
        zh, en = (_answer(data, state, name) for name in (zh_name, en_name))
        if not zh and not en:
            continue
        key = data.get(key_name, "")
        taken = {option["key"] for option in found}
        if key not in known or key in taken or not KEY.fullmatch(key):
            key = fresh_key(known | taken)
        found.append({"key": key, "words": _pair(zh, en), "text": bool(data.get(text_name))})
    return found


class _Answer(Form):
    text: Line = ""


def _answer(data: MultiDict[str, str], state: FormState, name: str) -> str:
    own = FormState()
    given = read_form(_Answer, MultiDict({"text": data.get(name, "")}), own)
    if given is None:
        state.errors[name] = own.errors["text"]
        return data.get(name, "")
    return given.text


def _pair(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def _both(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    return {f"{name}_{language}": texts[language] for language in LANGUAGES}


def _say(item: Json) -> dict[str, Any]:
    return {f"script_{language}": shown_script(item["script"][language], language) for language in LANGUAGES}


def _number(item: Json) -> dict[str, Any]:
    return {
        "unit": item["unit"],
        "decimals": str(item["decimals"]),
        "number_least": milli_text(item["least_milli"]),
        "number_most": milli_text(item["most_milli"]),
        "warn_below": milli_text(item["warn_below_milli"]),
        "warn_above": milli_text(item["warn_above_milli"]),
        **_both("warn", item["warn"]),
    }


def _text(item: Json) -> dict[str, Any]:
    return {"text_most": str(item["most"])}


def _photo(item: Json) -> dict[str, Any]:
    slot = {"slot": item["slot"]} if "slot" in item else {}
    return {"photos_least": str(item["least"]), **slot}


def _choose(item: Json) -> dict[str, Any]:
    """All rows, also the empty ones: what somebody else took away is then seen to be gone."""
    fields: dict[str, Any] = {"many": "1" if item["many"] else ""}
    for row in range(OPTIONS_MOST):
        option = item["options"][row] if row < len(item["options"]) else None
        fields |= dict(zip(option_names(row), _answer_fields(option), strict=True))
    return fields


def _answer_fields(option: Json | None) -> tuple[str, str, str, str]:
    if option is None:
        return "", "", "", ""
    return option["key"], option["words"]["zh"], option["words"]["en"], "1" if option["text"] else ""
