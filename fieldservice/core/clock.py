"""The only place that asks what time it is. Below the views a moment is passed in (`at=`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_frozen: ContextVar[datetime | None] = ContextVar("frozen_now", default=None)


def now() -> datetime:
    """This moment as aware UTC, cut to milliseconds (the precision of the wire)."""
    moment = _frozen.get() or datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Holds the clock still for tests."""
    token = _frozen.set(moment)
    try:
        yield
    finally:
        _frozen.reset(token)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 in UTC: how moments travel to and from phones."""
    return round(moment.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    """The moment of `ms`. Raises OverflowError outside the years 1 to 9999."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    except OverflowError as error:
        raise OverflowError(f"{ms} ms is outside the calendar") from error
