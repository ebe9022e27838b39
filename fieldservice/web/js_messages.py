"""The messages `t('…')` of our scripts, wherever they stand: also in Lit templates inside others.

A message is one literal in plain quotes; whatever else `t(` is called with raises. Served scripts name a message by its
number, and the catalogues are lists: a phone loads each sentence once, in its own language.
"""

import re
from collections.abc import Iterator

_CALL = re.compile(r"(?<![\w.$#])(?P<word>function\s+)?t\(\s*")
_LITERAL = re.compile(r"""'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)\"""")
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))")
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def messages_of(source: str, name: str = "script") -> Iterator[tuple[int, str]]:
    """(line, message) of each call. Raises ValueError where the message is not a plain literal."""
    line, counted = 1, 0
    for start, _end, message in _calls(source, name):
        line += source.count("\n", counted, start)
        counted = start
        yield line, message


def numbered(source: str, numbers: dict[str, int]) -> str:
    """The script with each message replaced by its number."""
    parts, done = [], 0
    for start, end, message in _calls(source, "script"):
        parts += [source[done:start], str(numbers[message])]
        done = end
    return "".join([*parts, source[done:]])


def _calls(source: str, name: str) -> Iterator[tuple[int, int, str]]:
    """Where the literal of each call begins and ends, and its message."""
    for call in _CALL.finditer(source):
        if call["word"] is not None:
            continue
        literal = _LITERAL.match(source, call.end())
        if literal is None or not re.match(r"\s*[,)]", source[literal.end() :]):
            line = source.count("\n", 0, call.start()) + 1
            at_fault = source[call.end() : call.end() + 60]
            raise ValueError(f"{name}:{line}: t() takes one message in plain quotes: {at_fault!r}")
        text = literal[1] if literal[1] is not None else literal[2]
        yield literal.start(), literal.end(), _ESCAPE.sub(_unescaped, text)


def _unescaped(escape: re.Match[str]) -> str:
    hexadecimal = escape[1] or escape[2] or escape[3]
    return chr(int(hexadecimal, 16)) if hexadecimal else _SINGLE.get(escape[4], escape[4])
