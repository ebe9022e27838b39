"""The keys that seal reports are made when server or worker first start; visits that change have reports made."""

import logging

from flask import current_app
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, SessionTransaction

from fieldservice.core import queue, start, versions
from fieldservice.core.db import db, transaction_mode
from fieldservice.jobs.models import Job
from fieldservice.reports import keys, rules, tasks

_log = logging.getLogger("fieldservice.reports")


@start.prepares
def make_keys() -> None:
    """What is missing or damaged does not keep the product from starting: reports wait, and the page of keys says why."""
    try:
        with transaction_mode("read"):
            keys.sealing_identity()
    except keys.SealingTrouble as error:
        _log.error("reports cannot be sealed: %s", error)
    except (OSError, SQLAlchemyError) as error:  # no room, or the schema is not yet that of this program
        _log.error("the keys that seal reports could not be made or read: %s", error)
    finally:
        db.session.rollback()


@versions.after_version
def notice_changed_visits(session: Session) -> None:
    """A visit that has ended changed in this transaction: its reports are looked at once it is committed."""
    if any(isinstance(row, Job) and row.state in rules.REPORTED for row in versions.stamped(session)):
        session.info["reports_due"] = True


@event.listens_for(Session, "after_commit")
def have_them_looked_at(session: Session) -> None:
    """A worker is told. Not where all is done at once: a session that is just being committed asks nothing."""
    if session.in_nested_transaction() or not session.info.pop("reports_due", False):
        return
    if current_app.config["BACKGROUND"] == queue.WORKER:
        queue.later(tasks.look_at_changes)


@event.listens_for(Session, "after_soft_rollback")
def forget(session: Session, ended: SessionTransaction) -> None:
    """Nothing changed after all."""
    if ended.parent is None:
        session.info.pop("reports_due", None)
