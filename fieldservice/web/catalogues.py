"""The phone's words: the same catalogue as the server's, cut to what the scripts use, as ES modules."""

import json

from fieldservice.core.catalogue import PSEUDO_LANGUAGE, mark, read_catalogue
from fieldservice.core.i18n import LANGUAGES


def catalogue_modules(messages: list[str], *, pseudo: bool) -> dict[str, bytes]:
    """'i18n/<language>.js' → its content: `export default […]`, the words of each message in the order given."""
    languages = (*LANGUAGES, PSEUDO_LANGUAGE) if pseudo else LANGUAGES
    return {f"i18n/{language}.js": _module(_words(language, messages)) for language in languages}


def _words(language: str, messages: list[str]) -> list[str]:
    if language == "en":
        return messages  # the messages are English sentences themselves
    if language == PSEUDO_LANGUAGE:
        return [mark(message) for message in messages]
    known = {message.id: message.string for message in read_catalogue("zh")}
    return [str(known.get(message) or message) for message in messages]


def _module(words: list[str]) -> bytes:
    return f"export default {json.dumps(words, ensure_ascii=False, separators=(',', ':'))};\n".encode()
