"""What customers and the desk send in forms, checked."""

from datetime import UTC, date, datetime, time
from typing import Annotated
from unicodedata import category, normalize
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from fieldservice.core import i18n
from fieldservice.dispatch.models import CHANNELS, GATEWAY, LATER, MESSAGE_KINDS, MESSAGE_LIMIT
from fieldservice.jobs.rules import FIRST_YEAR, LAST_YEAR
from fieldservice.portal.models import CONFIRMED, DISPUTED, RATING, WISH, WORD_KINDS
from fieldservice.portal.rules import ABOUT, ANSWER_LIMIT, CODE_DIGITS, WORDS_LIMIT, Said, Window
from fieldservice.web.forms import NONE_IF_EMPTY, Form, one_of, problem
from fieldservice.web.forms import words as some_words

Mark = Annotated[Annotated[int, Field(ge=1, le=5)] | None, NONE_IF_EMPTY]


def _digits(text: str) -> str:
    """Four of them, however they were typed."""
    found = "".join(letter for letter in normalize("NFKC", text) if not letter.isspace())
    if not (len(found) == 4 and found.isascii() and found.isdigit()):
        raise problem("digits_bad")
    return found


class DigitsForm(Form):
    """The last four digits of the customer's phone."""

    digits: Annotated[str, BeforeValidator(lambda value: _digits(str(value)))] = ""


def _code(text: str) -> str:
    """Six digits, however they were typed."""
    found = "".join(letter for letter in normalize("NFKC", text) if not letter.isspace())
    if not (len(found) == CODE_DIGITS and found.isascii() and found.isdigit()):
        raise problem("code_bad")
    return found


class CodeForm(Form):
    """The code that came by SMS."""

    code: Annotated[str, BeforeValidator(lambda value: _code(str(value)))] = ""


class SayForm(Form):
    """What a customer says. `window`: 'start/end' as it was offered, in ISO 8601; '' none of them.

    `sheet` and `sha256`: the sheet that the page showed whole; '' there was none.
    """

    kind: Annotated[str, one_of(WORD_KINDS)] = ""
    words: Annotated[str, some_words(WORDS_LIMIT)] = ""
    window: str = ""
    attitude: Mark = None
    efficiency: Mark = None
    skill: Mark = None
    about: Annotated[str, one_of(ABOUT)] = ABOUT[0]
    sheet: str = ""
    sha256: str = ""

    def said(self, offered: list[Window]) -> Said:
        """As an action takes it. Raises ValueError when the window is none that is offered."""
        window = None
        if self.kind == WISH and self.window:
            window = next((one for one in offered if window_code(one) == self.window), None)
            if window is None:
                raise ValueError("not offered any more")
        marks = (self.attitude, self.efficiency, self.skill) if self.kind == RATING else (None, None, None)
        is_judged = self.kind in (CONFIRMED, DISPUTED)
        about = self.about if self.kind == DISPUTED else ""
        sheet, digest = (self.sheet[:36], self.sha256[:64]) if is_judged else ("", "")
        return Said(self.kind, self.words, window, marks, about, sheet, digest, i18n.chosen_language())


class AnswerForm(Form):
    """The desk's answer."""

    words: Annotated[str, some_words(ANSWER_LIMIT)] = ""


def _of_our_time(day: date | None) -> date | None:
    """The first and last days of all have no moment in every zone."""
    if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise problem("day_bad")
    return day


class AgreedForm(AnswerForm):
    """The time agreed upon with the customer, in the branch's zone."""

    day: Annotated[date | None, NONE_IF_EMPTY, AfterValidator(_of_our_time)] = None
    start: Annotated[time | None, NONE_IF_EMPTY] = None
    end: Annotated[time | None, NONE_IF_EMPTY] = None

    def window(self, timezone: str) -> Window | None:
        """None: a part of it is missing, or it ends before it begins."""
        if not (self.day and self.start and self.end) or self.start >= self.end:
            return None
        zone = ZoneInfo(timezone)
        moments = (datetime.combine(self.day, at, zone).astimezone(UTC) for at in (self.start, self.end))
        return Window(next(moments), next(moments))


def _sayable(text: str) -> str:
    """Without letters that are no letters: what steers a terminal, turns the direction of writing, or ends a text."""
    return "".join(letter for letter in text if letter == "\n" or category(letter) not in ("Cc", "Cf", "Cs"))


class MessageForm(Form):
    """What a customer is told about when we come. `expected`: on the day of the visit, in the branch's zone."""

    act: Annotated[str, one_of(("prepare", "number", "send", "told"))] = "send"
    kind: Annotated[str, one_of(MESSAGE_KINDS)] = LATER
    language: Annotated[str, one_of(i18n.LANGUAGES)] = i18n.DEFAULT_LANGUAGE
    expected: Annotated[time | None, NONE_IF_EMPTY] = None
    words: Annotated[str, some_words(MESSAGE_LIMIT), AfterValidator(_sayable)] = ""
    channel: Annotated[str, one_of(one for one in CHANNELS if one != GATEWAY)] = "call"
    message_id: str = ""
    after: str = ""
    about: str = ""


def window_code(window: Window) -> str:
    """How a form names an offered window."""
    return f"{window.start_at:%Y%m%dT%H%M}/{window.end_at:%Y%m%dT%H%M}"
