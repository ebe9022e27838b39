"""Hashes of passwords: argon2id, slow on purpose, a few at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fieldservice.core.errors import AppError
from fieldservice.core.ids import new_token

MEMORY_KIB = 19 * 1024  # with 2 passes and 1 lane OWASP's first choice; 28 ms here
#: hashes at once in one process: 4 · 19 MiB, so that a flood of sign-ins cannot take the memory
AT_ONCE = 4
WAIT_SECONDS = 5

_hasher = PasswordHasher(time_cost=2, memory_cost=MEMORY_KIB, parallelism=1)
_places = BoundedSemaphore(AT_ONCE)


class Busy(AppError):
    """Too many passwords are being checked right now."""

    status = 503


def hash_password(password: str) -> str:
    """What is kept of a password. Takes some 30 ms. Raises Busy."""
    with _place():
        return _hasher.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Whether this is the password; None is nobody's and takes as long. Raises Busy."""
    known = password_hash or _nobody()
    with _place():
        try:
            return _hasher.verify(known, password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def _nobody() -> str:
    return _hasher.hash(new_token())


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise Busy("server_busy")
    try:
        yield
    finally:
        _places.release()
