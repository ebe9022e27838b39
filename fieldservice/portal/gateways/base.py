"""What a way to send text messages must be able to do. A new one is a subclass and a line in `gateways/__init__.py`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self


class NotSent(Exception):
    """The message was not taken. The text says why, for the log: it never holds the number or the message."""


class Gateway(ABC):
    """Sends one text message to one number."""

    @classmethod
    @abstractmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Made from the settings, once at start. Raises ValueError, with words, when one of them cannot be used."""

    @abstractmethod
    def send(self, number: str, text: str, message_id: str) -> None:
        """Has it sent, within seconds. `message_id` is the same when something is sent again. Raises NotSent."""
