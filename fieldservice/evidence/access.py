"""Who may see bytes: whoever sees something that shows them. Knowing a hash grants nothing.

Evidence does not know jobs; the features below register readers: functions that take the person and the photos of one
hash, and say whether that person sees one of them.
"""

from collections.abc import Callable, Sequence

from fieldservice.accounts.models import Person
from fieldservice.evidence.models import Evidence
from fieldservice.evidence.queries import proven_evidence_with

Reader = Callable[[Person, Sequence[Evidence]], bool]

_readers: list[Reader] = []


def reader(function: Reader) -> Reader:
    """Registers who may see photos. Registering it twice changes nothing."""
    if function not in _readers:
        _readers.append(function)
    return function


def may_see(person: Person, sha256: str) -> bool:
    """Whether this person sees a photo with these bytes, asked anew each time."""
    rows = proven_evidence_with(sha256)
    return bool(rows) and any(sees(person, rows) for sees in _readers)


def may_see_photo(person: Person, photo: Evidence) -> bool:
    """Whether this person sees this very photo, whose author has sent its bytes."""
    is_proven = any(one.id == photo.id for one in proven_evidence_with(photo.sha256))
    return is_proven and any(sees(person, [photo]) for sees in _readers)
