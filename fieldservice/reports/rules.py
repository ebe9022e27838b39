"""Pure rules of reports: which visits get one, its code, when a failed one is tried again."""

import hashlib
import secrets
import unicodedata
from datetime import timedelta

from fieldservice.jobs.rules import FINISHED, UNFINISHED

#: visits in which somebody worked: nothing is reported of one that never began, or that met nobody
REPORTED = frozenset({FINISHED, UNFINISHED})

#: why reports cannot be made, where it hinders all of them: mended once, for the whole installation
SHARED_FAULTS = frozenset({"press_missing", "server_full"})
SEAL_FAULTS = "seal_"

#: Crockford's: no I, L, O, U
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})

_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)


def new_code() -> str:
    """A verification code nobody can guess: 60 bits in 12 characters."""
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


def code_of_visit(job_id: str, run: int, nonce: str) -> str:
    """The code of the first report of a visit, known before it is made: the phone shows it at hand-over, without signal.

    `nonce`: of the job, 128 random bits that only its crew and the office hold; the code tells nothing of it.
    """
    digest = hashlib.sha256(f"report {job_id} {run} {nonce}".encode()).digest()
    number = int.from_bytes(digest[:8]) >> 4
    return "".join(LETTERS[number >> 5 * place & 31] for place in reversed(range(CODE_LENGTH)))


def shown_code(code: str) -> str:
    """As people read it: 'XXXX-XXXX-XXXX'."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def read_code(text: str) -> str | None:
    """A code as somebody typed it, with small letters, blanks, and O for 0; None: it cannot be one."""
    plain = unicodedata.normalize("NFKC", text[:100]).upper()
    found = "".join(letter for letter in plain if letter not in "- –—_.\t").translate(_READ_AS)
    return found if len(found) == CODE_LENGTH and set(found) <= set(LETTERS) else None


def is_shared(fault: str) -> bool:
    """Whether it hinders every report."""
    return fault in SHARED_FAULTS or fault.startswith(SEAL_FAULTS)


def pause_after(tries: int) -> timedelta:
    """How long to wait after that many failures: 1, 2, 4 … minutes, at most an hour."""
    return min(_FIRST_PAUSE * 2 ** min(max(tries - 1, 0), 10), _LONGEST_PAUSE)
