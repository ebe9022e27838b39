"""What a worker does with photos: looks at what came, finds what was forgotten, throws away what never came whole."""

import logging
from contextlib import suppress
from datetime import datetime, timedelta

from fieldservice.core import clock, files, queue
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.evidence import actions, picture, queries, rules, stamping
from fieldservice.evidence.models import UNUSABLE, VERIFIED, Blob, Evidence

_log = logging.getLogger("fieldservice.evidence")

#: by then the task that was put into the queue has been taken, or is lost
_FORGOTTEN_AFTER = timedelta(minutes=1)
_DRAFT_SECONDS = 24 * 3600


@queue.task
def check_picture(sha256: str) -> None:
    """Decodes the picture, makes the copies that are served or stamped, and says what it found.

    Done twice, the second is quick: only what is missing is made.
    """
    blob = db.session.get(Blob, sha256)
    if blob is None or blob.state != VERIFIED or blob.picture == UNUSABLE:
        return
    is_known = blob.checked_at is not None and picture.has_variants(sha256)
    has_look = blob.look is not None
    stamps = stamping.missing_of(queries.proven_evidence_with(sha256))
    db.session.rollback()  # decoding takes a while: no transaction is held
    if is_known and has_look and not stamps:
        return
    try:
        found = (picture.draw if is_known else picture.look)(files.path_of(sha256), sha256, stamps)
    except picture.NoVerdict as error:
        _put_off(sha256, error)
        return
    _pauses.pop(sha256, None)
    actions.note_picture(sha256, found, at=clock.now())
    db.session.commit()


@queue.task
def make_stamp(evidence_id: str, language: str) -> None:
    """Makes the stamped copy of one photo that somebody asked for, unless it is there or cannot be."""
    photo = db.session.get(Evidence, evidence_id)
    if photo is not None:
        with suppress(NotFound, picture.NoVerdict):
            stamping.stamped(photo, language)


#: hash → looks without a verdict, and the moment of the next; a worker that begins anew tries at once
_pauses: dict[str, tuple[int, datetime]] = {}


def _put_off(sha256: str, error: Exception) -> None:
    """It says nothing of the bytes: they are looked at again, after growing pauses."""
    tries = _pauses.get(sha256, (0, clock.now()))[0] + 1
    _pauses[sha256] = (tries, clock.now() + rules.pause_after(tries))
    _log.warning("picture %s could not be checked, try %d: %s", sha256[:12], tries, error)


@queue.every_minute
def find_forgotten_pictures() -> None:
    """Puts pictures into the queue that have been whole for a while and not looked at: no file is depended on."""
    now = clock.now()
    paused = [sha256 for sha256, (_tries, until) in list(_pauses.items()) if until > now]
    forgotten = queries.unchecked_since(now - _FORGOTTEN_AFTER, without=paused)
    forgotten += [sha256 for sha256 in queries.without_look() if sha256 not in paused]
    db.session.rollback()
    waiting = queue.waiting() if forgotten else set()
    for sha256 in forgotten:
        if (queue.name_of(check_picture), sha256) not in waiting:
            queue.later(check_picture, sha256)


@queue.every_minute
def throw_away_expired_uploads() -> None:
    """Ends uploads that have waited too long for their rest; their phones begin anew."""
    actions.throw_away_expired(at=clock.now())
    files.drop_old_drafts(older_than_seconds=_DRAFT_SECONDS)
