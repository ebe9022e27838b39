"""Forms of the desk: typed text in, checked values out; what was typed stands in the form until it is kept.

A form is a Pydantic model of a feature's `payloads.py` with the texts of the browser as input. All problems of a form
are found at once, each beside its field; nothing typed is lost.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError
from werkzeug.datastructures import MultiDict

from fieldservice.core.errors import RuleBroken
from fieldservice.core.money import parse_yuan
from fieldservice.web.merging import Clash, Row, choose, merge, texts_of, unmask
from fieldservice.web.words import reason_words


class Form(BaseModel):
    """Fields as a browser sends them: blanks at the ends are nobody's wish, unknown fields are left out."""

    model_config = ConfigDict(str_strip_whitespace=True, extra="ignore", frozen=True)


FormModel = TypeVar("FormModel", bound=Form)


def line(limit: int, least: int = 1) -> AfterValidator:
    """A text of one line, `least` to `limit` characters; line breaks and runs of blanks become one blank."""
    return AfterValidator(lambda text: _measured(" ".join(text.split()), limit, least))


def words(limit: int) -> AfterValidator:
    """A text of several lines, may be empty; line ends as Unix has them."""
    return AfterValidator(lambda text: _measured(text.replace("\r\n", "\n").replace("\r", "\n"), limit, 0))


def one_of(allowed: Iterable[str]) -> AfterValidator:
    """One of the codes offered."""
    offered = frozenset(allowed)

    def check(value: str) -> str:
        if value not in offered:
            raise problem("choose_one")
        return value

    return AfterValidator(check)


def some_of(allowed: Iterable[str]) -> AfterValidator:
    """Any of the codes offered, in their order."""
    order = tuple(allowed)

    def check(values: tuple[str, ...]) -> tuple[str, ...]:
        if set(values) - set(order):
            raise problem("choose_one")
        return tuple(code for code in order if code in values)

    return AfterValidator(check)


def problem(code: str, **facts: Any) -> PydanticCustomError:
    """What a validator raises: a reason code with words (`web/words.py`)."""
    return PydanticCustomError("reason", "{code}", {"code": code, **facts})


def phone_number(text: str) -> str:
    """A number as dialled: digits and a leading +. Blanks, hyphens and brackets are how people group them."""
    number = "".join(letter for letter in _half_width(text) if letter not in " -().\u00a0\u3000–—")
    digits = number.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 19):
        raise problem("phone_bad")
    return number


def _yuan(text: str) -> int:
    try:
        return parse_yuan(_half_width(text))
    except ValueError as error:
        raise problem("amount_bad") from error


def _none_if_empty(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


#: in front of an optional kind: nothing typed is None
NONE_IF_EMPTY = BeforeValidator(_none_if_empty)
PHONE = AfterValidator(phone_number)
#: yuan as typed, whole fen as kept
FEN = BeforeValidator(lambda value: _yuan(value) if isinstance(value, str) else value)


@dataclass
class FormState:
    """What stands in a form, what is wrong with it, and what the fields are now in the database.

    A form to change a row carries the row's version and fields as they were when it was opened (`opened` of
    `desk/_fields.html`), so that it can tell what somebody else changed from what was typed here.
    """

    values: dict[str, list[str]] = field(default_factory=dict)
    #: field → what is wrong; '' is the form as a whole
    errors: dict[str, str] = field(default_factory=dict)
    #: field → what both changed meanwhile
    clashes: dict[str, Clash] = field(default_factory=dict)
    #: fields that only others changed meanwhile, taken over
    taken: list[str] = field(default_factory=list)
    #: the row was changed since the form was opened, in whatever field
    has_conflict: bool = False
    #: the row's fields when the form was opened
    opened: dict[str, list[str]] = field(default_factory=dict)
    #: what is to be known before it counts, in sentences
    minds: list[str] = field(default_factory=list)
    #: the row's version when the form was opened; None: as it is now
    version: int | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "FormState":
        """A form that shows `values`: texts, numbers, None, tuples of codes."""
        texts = {name: texts_of(value) for name, value in values.items()}
        return cls(texts, opened=dict(texts))

    @classmethod
    def typed(cls, data: MultiDict[str, str]) -> "FormState":
        """A form as it was sent."""
        version = expected_version(data) if "version" in data else None
        values = {name: list(texts) for name, texts in data.lists()}
        opened = _opened(data.get("opened", ""))
        choose(values, opened)
        return cls(values, opened=opened, version=version)

    def value(self, name: str) -> str:
        """The text of a field; '' for none."""
        found = self.values.get(name) or [""]
        return found[0]

    def all(self, name: str) -> list[str]:
        """The ticked codes of a field."""
        return list(self.values.get(name, []))

    def add(self, name: str, code: str, **facts: Any) -> None:
        """Says that a field ('' the whole form) is wrong; the first problem of a field stays."""
        self.errors.setdefault(name, reason_words(code, facts))

    def merge(self, row: Row) -> bool:
        """Brings together what others made of the row since the form was opened and what was typed here (`web/merging`).

        Whether it can be kept without asking. The form is then that of the row as it is now.
        """
        unmask(self.values, row)
        if self.version == row.version:
            return True
        self.clashes, self.taken = merge(self.values, self.opened, row)
        is_unknown = self.version is None or self.version < 0  # nobody can tell what the person had seen
        self.has_conflict = is_unknown or bool(self.clashes or self.taken)
        now = {name: texts_of(value) for name, value in row.values.items()}
        self.opened = {**self.opened, **now, **{name: [mask] for name, mask in (row.masked or {}).items()}}
        self.version = row.version
        return not (self.clashes or is_unknown)

    def conflict(
        self,
        stored: Mapping[str, Any],
        shown: Mapping[str, str] | None = None,
        together: Sequence[tuple[str, ...]] = (),
    ) -> None:
        """As `merge`, for a form that is always shown again when somebody was faster."""
        self.merge(Row(version=-2, values=stored, shown=shown or {}, together=together))
        self.has_conflict, self.version = True, None

    @property
    def since(self) -> int:
        """The version the form was opened with; 0 when it did not say."""
        return max(self.version or 0, 0)

    @property
    def data(self) -> MultiDict[str, str]:
        """What stands in the form, as if it had been sent so."""
        return MultiDict([(name, text) for name, texts in self.values.items() for text in texts])

    def add_rule(self, name: str, error: RuleBroken) -> None:
        """Says which rule forbids it."""
        self.add(name, error.code, **error.facts)


def read_form(
    model: type[FormModel], data: MultiDict[str, str], state: FormState, p: str = ""
) -> FormModel | None:
    """The checked values of what stands in the form (`data`: as it was sent); None when something is wrong, which then
    stands in `state.errors`.

    `p`: what the names of the fields begin with, where one page holds several forms.
    """
    try:
        return model.model_validate(_input(model, state.data if state.values else data, p))
    except ValidationError as error:
        for found in error.errors(include_url=False, include_input=False):
            name = str(found["loc"][0]) if found["loc"] else ""
            code, facts = _reason(found)
            state.add(f"{p}{name}", code, **facts)
        return None


def expected_version(data: MultiDict[str, str]) -> int:
    """The version of the row the form was opened with; -1, which no row has, when it is missing, no number, or one that
    no database holds.
    """
    text = data.get("version", "")
    version = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
    return version if version < 1 << 63 else -1


def _opened(text: str) -> dict[str, list[str]]:
    """The fields as the form carried them; none when that was tampered with."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        name: texts
        for name, texts in found.items()
        if isinstance(texts, list) and all(isinstance(one, str) for one in texts)
    }


def _input(model: type[Form], data: MultiDict[str, str], p: str) -> dict[str, Any]:
    """Lists for fields of several values, the first text for others; storable text only."""
    found: dict[str, Any] = {}
    for name, kind in model.model_fields.items():
        texts = [_storable(text) for text in data.getlist(f"{p}{name}")]
        if "tuple" in str(kind.annotation):
            found[name] = tuple(texts)
        elif texts:
            found[name] = texts[0]
    return found


def _storable(text: str) -> str:
    """Without NUL and lone surrogates, which no database takes."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


#: kinds of Pydantic's problems → our reason codes
_CODES = {
    "missing": "value_missing",
    "string_type": "value_missing",
    "int_type": "value_missing",
    "greater_than": "number_too_small",
    "greater_than_equal": "number_too_small",
    "less_than": "number_too_large",
    "less_than_equal": "number_too_large",
}
_CODES_BY_START = {
    "int_": "number_expected",
    "decimal_": "number_expected",
    "date_": "day_bad",
    "time_": "time_bad",
}


def _reason(found: Any) -> tuple[str, dict[str, Any]]:
    facts = dict(found.get("ctx") or {})
    if found["type"] == "reason":
        return facts.pop("code"), facts
    code = _CODES.get(found["type"])
    if code:
        return code, {"limit": facts.get("ge", facts.get("gt", facts.get("le", facts.get("lt"))))}
    return next(
        (code for start, code in _CODES_BY_START.items() if found["type"].startswith(start)), "value_bad"
    ), {}


def _measured(text: str, limit: int, least: int) -> str:
    text = text.strip()
    if len(text) < least:
        raise problem("value_missing")
    if len(text) > limit:
        raise problem("text_too_long", limit=limit, length=len(text))
    return text


def _half_width(text: str) -> str:
    """Full-width digits and signs, as an input method gives them, as plain ones."""
    return "".join(chr(ord(letter) - 0xFEE0) if "！" <= letter <= "～" else letter for letter in text)
