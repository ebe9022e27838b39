"""The words of `fieldservice/translations`, read from the .po when first needed: nothing compiled can be out of date."""

import io
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask_babel import Domain

TRANSLATIONS = Path(__file__).resolve().parents[1] / "translations"
#: a made-up language that marks what is translated, so that a test finds what is not
PSEUDO_LANGUAGE = "qps"


def read_catalogue(language: str) -> Catalog:
    """Messages, their words and the files they stand in. Raises FileNotFoundError for a language without catalogue."""
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def mark(words: str) -> str:
    """The pseudo-language: the words between marks that no other text has."""
    return f"⟦{words}⟧"


class MarkedWords(NullTranslations):
    """The pseudo-language: the English sentences, marked."""

    def gettext(self, message: str) -> str:
        """The marked sentence."""
        return mark(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The marked sentence that fits the number."""
        return mark(msgid1 if n == 1 else msgid2)

    # Flask-Babel asks under these names
    ugettext, ungettext = gettext, ngettext


class Words(Domain):
    """What Flask-Babel asks for words; `language()` says in which language they are wanted now."""

    def __init__(self, language: Callable[[], str]) -> None:
        super().__init__()
        self._language = language

    def get_translations(self) -> NullTranslations:
        """The words of the language wanted now."""
        return _translations(self._language())


@lru_cache
def _translations(language: str) -> NullTranslations:
    if language == PSEUDO_LANGUAGE:
        return MarkedWords()
    if language == "en":
        return NullTranslations()  # the messages are English sentences themselves
    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    return Translations(compiled)
