"""Facts announced by a feature to those below it. A listener runs at once, in the same transaction."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

Event = TypeVar("Event")
_listeners: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


def listens_to(kind: type[Event]) -> Callable[[Callable[[Event], None]], Callable[[Event], None]]:
    """Registers a function for events of one kind. Registering it twice changes nothing."""

    def register(listener: Callable[[Event], None]) -> Callable[[Event], None]:
        if listener not in _listeners[kind]:
            _listeners[kind].append(listener)
        return listener

    return register


def publish(event: Any) -> None:
    """Tells everybody who listens; an error in a listener ends the transaction, nothing is half done."""
    for listener in _listeners[type(event)]:
        listener(event)
