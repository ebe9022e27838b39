"""Finds the messages `t('…')` of our scripts, wherever they stand: also in Lit templates inside others.

An extraction method for Babel. A message is one literal in plain quotes; whatever else `t(` is called with raises.
"""

import re
from collections.abc import Iterator
from typing import IO, Any

_CALL = re.compile(r"(?<![\w.$#])(?P<word>function\s+)?t\(\s*")
_LITERAL = re.compile(r"""'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)\"""")
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))")
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}

Found = tuple[int, str, str, list[str]]


def messages(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Found]:
    """(line, 't', message, no comments) of each call; raises ValueError where the message is not a plain literal."""
    source = file.read().decode()
    for call in _CALL.finditer(source):
        if call["word"] is None:
            line = source.count("\n", 0, call.start()) + 1
            yield line, "t", _message(source, call.end(), f"{getattr(file, 'name', 'script')}:{line}"), []


def _message(source: str, start: int, place: str) -> str:
    literal = _LITERAL.match(source, start)
    if literal is None or not re.match(r"\s*[,)]", source[literal.end() :]):
        raise ValueError(f"{place}: t() takes one message in plain quotes: {source[start : start + 60]!r}")
    return _ESCAPE.sub(_unescaped, literal[1] if literal[1] is not None else literal[2])


def _unescaped(escape: re.Match[str]) -> str:
    hexadecimal = escape[1] or escape[2] or escape[3]
    return chr(int(hexadecimal, 16)) if hexadecimal else _SINGLE.get(escape[4], escape[4])
