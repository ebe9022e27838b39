"""Languages: Simplified Chinese (default) and English, chosen by the person, else the cookie, else the browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from flask import Flask, current_app, g, has_app_context, has_request_context, request
from flask_babel import Babel, Domain, force_locale, get_locale, gettext, lazy_gettext, ngettext

from fieldservice.core import money
from fieldservice.core.catalogue import PSEUDO_LANGUAGE, Words

LANGUAGES = ("zh", "en")
DEFAULT_LANGUAGE = "zh"
COOKIE = "lang"


class _Babel(Babel):
    """Flask-Babel with our own way to the words."""

    @cached_property
    def domain_instance(self) -> Domain:
        return Words(chosen_language)


_babel = _Babel()

__all__ = ["LANGUAGES", "gettext", "lazy_gettext", "ngettext"]


def init_app(app: Flask) -> None:
    """Sets up translations in `fieldservice/translations`."""
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT_LANGUAGE
    _babel.init_app(app, locale_selector=_select_locale, default_timezone="UTC")


def chosen_language() -> str:
    """'zh' or 'en' (or the pseudo-language where the setting offers it) for this request, or as `speaking` says."""
    if has_app_context() and "language" in g:
        return str(g.language)
    if not has_request_context():
        return DEFAULT_LANGUAGE
    g.language = _choose()
    return str(g.language)


def language_tag() -> str:
    """The value of `<html lang>`."""
    return {"zh": "zh-CN"}.get(chosen_language(), "en")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Words inside are in `language` (background work, tests)."""
    before = g.get("language")
    g.language = language
    try:
        with force_locale(_locale_of(language)):
            yield
    finally:
        g.pop("language")
        if before is not None:
            g.language = before


def _choose() -> str:
    wished = [request.cookies.get(COOKIE)]
    if current_app.config["PSEUDO_LANGUAGE"] and PSEUDO_LANGUAGE in wished:
        return PSEUDO_LANGUAGE
    wished.insert(0, getattr(g.get("person"), "language", None))
    for language in wished:
        if language in LANGUAGES:
            return language
    return request.accept_languages.best_match(LANGUAGES) or DEFAULT_LANGUAGE


def _select_locale() -> str:
    return _locale_of(chosen_language())


def _locale_of(language: str) -> str:
    """Dates and numbers of the pseudo-language are the English ones."""
    return "en" if language == PSEUDO_LANGUAGE else language


def _locale() -> Locale:
    return get_locale() or Locale.parse(DEFAULT_LANGUAGE)


def _is_chinese() -> bool:
    return _locale().language == "zh"


def local(moment: datetime, timezone: str) -> datetime:
    """`moment` on the clock of `timezone`."""
    return moment.astimezone(ZoneInfo(timezone))


def clock_time(moment: datetime, timezone: str) -> str:
    """'10:42'."""
    return format_time(local(moment, timezone), "HH:mm", locale=_locale())


def day(value: date) -> str:
    """'11月21日 星期六', 'Sat 21 Nov'."""
    return format_date(value, "M月d日 EEEE" if _is_chinese() else "EEE d MMM", locale=_locale())


def short_day(value: date) -> str:
    """'11/21', '21 Nov': where only a few characters fit."""
    return format_date(value, "M/d" if _is_chinese() else "d MMM", locale=_locale())


def plain_day(value: date) -> str:
    """'11月21日', '21 Nov': where the weekday is not needed."""
    return format_date(value, "M月d日" if _is_chinese() else "d MMM", locale=_locale())


def full_date(value: date) -> str:
    """'2026年11月21日', '21 Nov 2026'."""
    return format_date(value, "y年M月d日" if _is_chinese() else "d MMM y", locale=_locale())


def day_and_time(moment: datetime, timezone: str) -> str:
    """'11月21日 10:42', '21 Nov 10:42'."""
    pattern = "M月d日 HH:mm" if _is_chinese() else "d MMM HH:mm"
    return format_datetime(local(moment, timezone), pattern, locale=_locale())


def window(start_at: datetime, end_at: datetime, timezone: str) -> str:
    """'10:30–12:00'."""
    return f"{clock_time(start_at, timezone)}–{clock_time(end_at, timezone)}"


def sum_words(amount_fen: int) -> str:
    """'180 元', '¥180.50', '-¥5'."""
    figure = money.yuan(abs(amount_fen))
    return ("-" if amount_fen < 0 else "") + (f"{figure} 元" if _locale().language == "zh" else f"¥{figure}")


def words(message: Any) -> str:
    """Text of a lazy message in the language of this request."""
    return str(message)
