"""Babel's way to the messages of our scripts (`fieldservice/web/js_messages.py`)."""

from collections.abc import Iterator
from typing import IO, Any

from fieldservice.web.js_messages import messages_of

Found = tuple[int, str, str, list[str]]


def messages(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Found]:
    """(line, 't', message, no comments) of each call; raises ValueError where the message is not a plain literal."""
    for line, message in messages_of(file.read().decode(), getattr(file, "name", "script")):
        yield line, "t", message, []
