"""The phone's words: the same catalogue as the server's, cut to what the scripts use, as ES modules."""

import json
import re

from fieldservice.core.catalogue import PSEUDO_LANGUAGE, mark, read_catalogue
from fieldservice.core.i18n import LANGUAGES

_IN_SCRIPT = re.compile(r"static/js/.*\.js$")


def catalogue_modules(pseudo: bool) -> dict[str, bytes]:
    """'i18n/<language>.js' → its content: `export default {…}` of message → words."""
    languages = (*LANGUAGES, PSEUDO_LANGUAGE) if pseudo else LANGUAGES
    return {f"i18n/{language}.js": _module(_words(language)) for language in languages}


def _words(language: str) -> dict[str, str]:
    if language == "en":
        return {}  # the messages are English sentences themselves
    used = [message for message in read_catalogue("zh") if message.id and _is_in_script(message.locations)]
    if language == PSEUDO_LANGUAGE:
        return {str(message.id): mark(str(message.id)) for message in used}
    return {str(message.id): str(message.string) for message in used if message.string}


def _is_in_script(locations: list[tuple[str, int]]) -> bool:
    return any(_IN_SCRIPT.search(path) for path, _ in locations)


def _module(words: dict[str, str]) -> bytes:
    return f"export default {json.dumps(words, ensure_ascii=False, sort_keys=True)};\n".encode()
