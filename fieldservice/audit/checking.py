"""Walking along the chain in the background: asked for at the desk, done by a worker, told and kept."""

import threading
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.audit.models import DONE, RUNNING, WAITING, ChainCheck
from fieldservice.core import audit, clock
from fieldservice.core.audit import Found, Wrong
from fieldservice.core.db import db

#: a walk tells how far it is after so many entries
_TOLD_EVERY = 10_000
#: without a sign of life for this long its worker is gone
_FORGOTTEN_AFTER = timedelta(minutes=2)


def ask(*, by: Person, at: datetime) -> ChainCheck:
    """A check is wanted; one that is waiting or running already is that one. The caller commits."""
    present = db.session.scalar(sa.select(ChainCheck).where(ChainCheck.state != DONE).limit(1))
    if present is not None:
        return present
    found = ChainCheck(asked_by_id=by.id, asked_at=at, touched_at=at, state=WAITING, done=0, total=0, found={})
    db.session.add(found)
    return found


def latest() -> ChainCheck | None:
    """The check that was asked for last."""
    return db.session.scalar(sa.select(ChainCheck).order_by(ChainCheck.id.desc()).limit(1))


def forgotten(at: datetime) -> list[str]:
    """Checks that nobody is at."""
    query = sa.select(ChainCheck.id).where(ChainCheck.state != DONE, ChainCheck.touched_at < at - _FORGOTTEN_AFTER)
    return list(db.session.scalars(query))


def run(check_id: str) -> None:
    """Walks, tells how far it is, and keeps what it found. Done twice, the second changes nothing."""
    if not _touch(check_id, state=RUNNING, total=audit.size()):
        return

    def tell(done: int, _total: int) -> None:
        if done % _TOLD_EVERY == 0:
            _tell(check_id, done)

    found = audit.walk(tell)
    _touch(check_id, state=DONE, done=found.entries, finished_at=clock.now(), found=as_document(found))


def _tell(check_id: str, done: int) -> None:
    """How far it is: in a connection and thread of its own, for the walk's transaction only reads."""
    engine, at = db.engine, clock.now()

    def write() -> None:
        told = sa.update(ChainCheck).where(ChainCheck.id == check_id, ChainCheck.state == RUNNING)
        with engine.begin() as connection:
            connection.execute(told.values(done=done, touched_at=at))

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()


def _touch(check_id: str, **values: Any) -> bool:
    db.session.rollback()
    row = db.session.get(ChainCheck, check_id, with_for_update=True, populate_existing=True)
    if row is None or row.state == DONE:
        db.session.rollback()
        return False
    for name, value in {"touched_at": clock.now(), **values}.items():
        setattr(row, name, value)
    db.session.commit()
    return True


def as_document(found: Found) -> dict[str, Any]:
    """What was found, to be kept as JSON."""
    wrong = found.wrong and {"seq": found.wrong.seq, "code": found.wrong.code, "facts": _plain(found.wrong.facts)}
    return {"entries": found.entries, "erased": found.erased, "heads": found.heads, "wrong": wrong}


def _plain(facts: Any) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()}


def wrong_of(check: ChainCheck) -> Wrong | None:
    """What was wrong, as it was found."""
    wrong = check.found.get("wrong")
    if not wrong:
        return None
    facts = {name: datetime.fromisoformat(value) if name == "at" else value for name, value in wrong["facts"].items()}
    return Wrong(wrong["seq"], wrong["code"], facts)
