"""The small family of errors. Raised low, turned into HTTP in `web/error_pages.py`, into words in `web/words.py`."""

from typing import Any


class AppError(Exception):
    """`code` names what happened for machines and translators, `facts` fill the words."""

    status = 400

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.code} {self.facts}" if self.facts else self.code


class NotSignedIn(AppError):
    """Nobody is signed in, or the session has ended."""

    status = 401


class NotAllowed(AppError):
    """Signed in, but this act is not this person's."""

    status = 403


class NotFound(AppError):
    """There is no such thing, or it is not yours: both look the same."""

    status = 404

    def __init__(self, code: str = "not_found", **facts: Any) -> None:
        super().__init__(code, **facts)


class Conflict(AppError):
    """Somebody changed it meanwhile; `facts` say what."""

    status = 409


class RuleBroken(AppError):
    """A rule of the business forbids it; `code` and `facts` say which and why."""

    status = 422


class TooMany(AppError):
    """Too many tries; `facts['wait_seconds']` says how long to wait."""

    status = 429
