"""The keys that seal reports are made when server or worker first start; visits that change have reports made."""

import base64
import logging

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from flask import current_app
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, SessionTransaction

from fieldservice.core import audit, queue, start, versions
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


@audit.signs_heads
def sign(content: bytes) -> str:
    """A detached CMS signature of a tree head (DER, base64), as `openssl cms -verify` reads it; '' without a key."""
    try:
        identity = keys.sealing_identity()
    except keys.SealingTrouble:
        return ""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(identity.certificate, identity.key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoCapabilities]
    return base64.b64encode(builder.sign(Encoding.DER, options)).decode()
