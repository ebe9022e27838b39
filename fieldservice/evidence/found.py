"""Bytes on the disk and the database brought together after one of them was put back to an earlier state.

The folder of bytes only grows and is not put back with the database; what the phones had sent since is still there. They
announce it again (docs/sync-protocol.md, epoch), and their own copies are gone: so what is here is looked for. Knowing a
hash grants nothing: it must be announced by somebody who has sent these bytes before, as it stands beside them.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fieldservice.core import clock, files, queue, versions
from fieldservice.core.db import db
from fieldservice.evidence import actions, queries, tasks
from fieldservice.evidence.rules import is_sha256

_log = logging.getLogger("fieldservice.evidence")


@dataclass(frozen=True)
class Looked:
    """What was found: photos whose bytes were here already, hashes whose bytes are gone."""

    found: int
    lost: list[str]


def look_for(announced: Iterable[tuple[str, object]]) -> None:
    """For operations just committed, (id, the hash they name): has those verified whose bytes are here already."""
    for evidence_id, sha256 in announced:
        if isinstance(sha256, str) and is_sha256(sha256) and files.path_of(sha256).is_file():
            queue.later(verify, evidence_id)


@queue.task
def verify(evidence_id: str) -> None:
    """Takes the bytes of one announced photo as come when they are here and its author has sent them before."""
    _verify(evidence_id)


def look_through() -> Looked:
    """Looks for everything that is announced, and for everything that should be here. Commits one by one."""
    _write_senders()
    found = sum(_verify(evidence_id) for evidence_id in _all_announced())
    lost = [sha256 for sha256, size in _all_verified() if not files.is_whole(sha256, size)]
    for sha256 in lost:
        _log.warning("the bytes of %s are gone: they are waited for again", sha256[:12])
        actions.note_lost(sha256)
        db.session.commit()
    epoch = versions.current()[0]
    db.session.rollback()
    files.put_text(_mark(), str(epoch))
    return Looked(found, lost)


@queue.every_minute
def look_through_after_a_restore() -> None:
    """Once in each epoch: a database that was put back by other means than ours has nobody else who looks."""
    epoch = versions.current()[0]
    db.session.rollback()
    is_first = epoch == 1 and not _mark().exists()
    if not is_first and files.text_of(_mark()) != str(epoch):
        looked = look_through()
        _log.warning("epoch %d: photos found: %d, lost: %d", epoch, looked.found, len(looked.lost))


@queue.every_minute
def find_forgotten_bytes() -> None:
    """Bytes that are waited for and are here: the task was lost, or the database was put back and nobody could notice."""
    hashes = queries.waited_for()
    db.session.rollback()
    for sha256 in filter(lambda one: files.path_of(one).is_file(), hashes):
        announced = [photo.id for photo in queries.evidence_with(sha256)]
        found = sum(map(_verify, announced))
        if found:
            _log.warning("the bytes of %s were here and waited for", sha256[:12])


def _mark() -> Path:
    return files.media_dir() / "epoch"


def _verify(evidence_id: str) -> bool:
    announced = queries.announced_by(evidence_id)
    db.session.rollback()  # hashing takes a while: no transaction is held
    if announced is None or announced.person_id not in files.senders_of(announced.sha256):
        return False
    path = files.path_of(announced.sha256)
    if not path.is_file() or files.sha256_of(path) != announced.sha256:
        return False
    actions.take_found(announced, files.size_of(path), at=clock.now())
    db.session.commit()
    queue.later(tasks.check_picture, announced.sha256)
    return True


def _write_senders() -> None:
    """Bytes that came before it was written beside them who sent them, and those that came out of a backup."""
    last = ""
    while some := queries.senders_after(last):
        db.session.rollback()
        for sha256, people in some:
            for person_id in people:
                files.note_sender(sha256, person_id)
        last = some[-1][0]
    db.session.rollback()


def _all_announced() -> Iterable[str]:
    last = ""
    while some := queries.announced_after(last):
        db.session.rollback()
        yield from some
        last = some[-1]
    db.session.rollback()


def _all_verified() -> Iterable[tuple[str, int]]:
    last = ""
    while some := queries.verified_after(last):
        db.session.rollback()
        yield from some
        last = some[-1][0]
    db.session.rollback()
