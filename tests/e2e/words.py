"""What a message says on the screen, found by its English source, so that tests do not depend on a translation."""

import re
from functools import cache

from babel.messages.pofile import read_po

from tests.support.databases import ROOT


@cache
def _catalogue():
    with (ROOT / "fieldservice/translations/zh/LC_MESSAGES/messages.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file, locale="zh") if message.string}


def zh(message: str) -> re.Pattern[str]:
    """The Chinese of `message` as a pattern: its placeholders match anything."""
    text = _catalogue()[message]
    return re.compile(re.sub(r"\\\{\w+\\\}", ".*", re.escape(text)))
