"""Our JSON: strict in what it takes (no NaN, no doubled key, no depth above 32), compact in what it gives."""

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from json import encoder as parts
from typing import Any

from flask.json.provider import JSONProvider

#: a string, or what begins as one and has no end: read once from left to right, whatever stands in it
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(r"[\[{\]}]")
MAX_DEPTH = 32  # the deepest of our own messages has 6 levels


class BadJson(ValueError):
    """The text is not JSON as we take it; the message says why."""


def loads(text: str | bytes) -> Any:
    """The value of `text`. Raises BadJson."""
    try:
        text = text.decode() if isinstance(text, bytes) else text
        _check_depth(text)
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite
        )
    except (ValueError, RecursionError) as error:
        raise BadJson(str(error)) from error


def dumps(value: Any) -> str:
    """Compact JSON of `value`; moments as ISO 8601, decimals as text."""
    return _write(value)


class StrictJSON(JSONProvider):
    """Makes `loads` and `dumps` those of the whole application."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return dumps(obj)

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return loads(s)


def _check_depth(text: str) -> None:
    """Counts brackets before parsing, so that deep nesting cannot reach the parser's recursion."""
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large")
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if hasattr(value, "__html__"):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def writer(encoder: json.JSONEncoder) -> Callable[[Any], str]:
    """What `encoder.encode` gives, of values that do not hold themselves. Python's own makes its inner writer anew for
    each value, which takes as long as a small value does.
    """
    make: Any = getattr(parts, "c_make_encoder", None)
    if make is None:
        return encoder.encode
    text = parts.encode_basestring_ascii if encoder.ensure_ascii else parts.encode_basestring
    write = make(None, encoder.default, text, None, encoder.key_separator, encoder.item_separator, encoder.sort_keys,
                 encoder.skipkeys, encoder.allow_nan)  # fmt: skip
    return lambda value: "".join(write(value, 0))


_write = writer(json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain))
