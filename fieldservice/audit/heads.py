"""Tree heads: made once an hour, sent where the setting says. What fails is tried again and never in anybody's way."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app

from fieldservice.audit.models import HeadSending
from fieldservice.core import audit, clock, json, mail, outbound
from fieldservice.core.audit import TreeHead
from fieldservice.core.db import db

#: pauses after the first, second … failure; the last for all further ones
_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
#: whoever sends has this long before another worker takes it for lost
_LEASE = timedelta(minutes=2)


@dataclass(frozen=True)
class SentTo:
    """Where heads go."""

    #: 'webhook', 'mail', or '' nowhere
    way: str
    address: str


def sent_to() -> SentTo:
    """As the setting says."""
    address = str(current_app.config["AUDIT_HEADS_TO"])
    return SentTo("" if not address else "webhook" if "://" in address else "mail", address)


def make_due(at: datetime) -> TreeHead | None:
    """Makes this hour's head when there is none yet and something was chained; the caller commits."""
    last_at = db.session.scalar(sa.select(TreeHead.at).order_by(TreeHead.size.desc()).limit(1))
    if last_at is not None and _hour(last_at) >= _hour(at):
        return None
    return audit.make_head(at)


def _hour(at: datetime) -> int:
    return int(at.timestamp()) // 3600


def take_due(at: datetime) -> int | None:
    """Size of the head to be sent now, taken for some minutes; the newest, for it covers those before. Commits."""
    newest = db.session.scalar(sa.select(TreeHead).order_by(TreeHead.size.desc()).limit(1))
    if newest is None or newest.sent_at is not None or not sent_to().way:
        db.session.rollback()
        return None
    held = sa.select(HeadSending).filter_by(size=newest.size).with_for_update(skip_locked=True)
    row = db.session.scalar(held)
    if row is None:
        try:
            with db.session.begin_nested():
                row = HeadSending(size=newest.size, tries=0, next_at=at, trouble="", detail="")
                db.session.add(row)
                db.session.flush()
        except sa.exc.IntegrityError:
            db.session.rollback()  # another worker has it
            return None
    if row.next_at > at:
        db.session.rollback()
        return None
    row.next_at = at + _LEASE
    db.session.commit()
    return newest.size


def send(size: int) -> None:
    """Sends a head that was taken, and writes down what came of it. Nothing is held meanwhile."""
    row = db.session.get(TreeHead, size)
    if row is None or row.sent_at is not None:
        db.session.rollback()
        return
    text, target = message_of(row), sent_to()
    db.session.rollback()
    trouble, detail = _given_away(target, text, size)
    at = clock.now()
    sending = db.session.get_one(HeadSending, size, with_for_update=True, populate_existing=True)
    head = db.session.get_one(TreeHead, size, populate_existing=True)
    sending.tries += 1
    sending.trouble, sending.detail = trouble, detail[:200]
    if not trouble and head.sent_at is None:
        head.sent_at = at
    sending.next_at = at + _PAUSES[min(sending.tries, len(_PAUSES)) - 1]
    db.session.commit()


def message_of(row: TreeHead) -> str:
    """What leaves the house: the head as it was signed, its signature, and which installation it is of. JSON."""
    head = audit.head_of(row)
    return json.dumps({"installation": current_app.config["BASE_URL"], "head": head.text, "signature": row.signature})


def _given_away(target: SentTo, text: str, size: int) -> tuple[str, str]:
    """('', '') or why not: a code with words, and what was said."""
    config = current_app.config
    try:
        if target.way == "webhook":
            headers = {"Content-Type": "application/json"}
            status = outbound.post(target.address, text.encode(), headers, allow_private=config["OUTBOUND_PRIVATE"])
            return ("", "") if 200 <= status < 300 else ("head_refused", str(status))
        if not config["MAIL_SERVER"]:
            return "no_mail_server", ""
        mail.send(config["MAIL_SERVER"], sender=config["MAIL_FROM"] or target.address, to=target.address,
                  subject=f"Audit chain: head over {size} entries", text=text)  # fmt: skip
    except outbound.Refused as error:
        return "address_refused", str(error)
    except (outbound.Failed, mail.NotSent) as error:
        return "no_answer", str(error)
    return "", ""
