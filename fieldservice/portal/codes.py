"""Codes by SMS: six digits to the number on file, and to no other. What is kept tells neither code nor number."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import current_app

from fieldservice.accounts.actions.throttling import count_try, forgive
from fieldservice.accounts.rules import FREE_TRIES_NETWORK, network_of
from fieldservice.core import audit
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken, TooMany
from fieldservice.core.ids import is_id, new_id
from fieldservice.portal import rules, tokens
from fieldservice.portal.gateways import gateway
from fieldservice.portal.models import Link, SmsCode
from fieldservice.portal.rules import Tie


@dataclass(frozen=True)
class Sending:
    """What is to be sent: only ever in memory."""

    code_id: str
    number: str
    code: str


def is_offered(link: Link) -> bool:
    """Whether a code can reach this customer: a gateway is set, and the number takes messages."""
    return gateway() is not None and rules.takes_sms(link.case.customer.phone)


def is_required(link: Link) -> bool:
    """Whether nothing is confirmed, disputed or signed without one. Where none can be sent, none is asked for."""
    return bool(current_app.config["SMS_CODE"] == "required") and is_offered(link)


def check_tie(link: Link, tie: Tie) -> None:
    """Raises RuleBroken('code_needed') when more is asked for than ties."""
    if tie.by != rules.CODE_KNOWN and is_required(link):
        raise RuleBroken("code_needed")


def begin(link: Link, *, at: datetime, address: str) -> Sending:
    """Makes a code, which stands in the place of an earlier one, and commits.

    Raises TooMany; RuleBroken 'code_not_offered'.

    `address`: of who asks; its network is counted, too.
    """
    if not is_offered(link):
        raise RuleBroken("code_not_offered")
    number, number_hash = link.case.customer.phone, _number_hash(link)
    link_id, rotation = link.id, link.rotation
    limits = {f"sms:{link_id}": rules.FREE_CODES, f"sms-to:{number_hash[:32]}": rules.FREE_CODES,
              f"sms-from:{network_of(address)}": FREE_TRIES_NETWORK}  # fmt: skip
    count_try(limits, at)
    since = sa.select(sa.func.count(SmsCode.id)).where(
        SmsCode.number_hash == number_hash, SmsCode.made_at > at - rules.A_DAY
    )
    if (db.session.scalar(since) or 0) >= rules.MOST_CODES_A_DAY:
        raise TooMany("codes_enough")
    code_id, code = new_id(), f"{secrets.randbelow(10**rules.CODE_DIGITS):0{rules.CODE_DIGITS}d}"
    db.session.execute(sa.delete(SmsCode).where(SmsCode.link_id == link_id, SmsCode.used_at.is_(None),
                                                SmsCode.made_at < at - rules.A_DAY))  # fmt: skip
    db.session.add(SmsCode(
        id=code_id, link_id=link_id, link_rotation=rotation, code_hash=_code_hash(code_id, code), number_hash=number_hash,
        number_masked=rules.masked_middle(number), made_at=at, expires_at=at + rules.CODE_GOOD_FOR,
    ))  # fmt: skip
    db.session.commit()
    return Sending(code_id, number, code)


def note_sent(code_id: str, *, at: datetime) -> None:
    """The gateway took it."""
    row = db.session.get_one(SmsCode, code_id)
    row.sent_at = at
    _chain("customer.code_sent", row, at)


def check(link: Link, given: str, *, at: datetime, address: str) -> SmsCode:
    """The code that was sent last, now used. Commits the count of tries.

    Raises TooMany; RuleBroken 'code_wrong' (`left`: tries that are left), or 'code_gone' when there is none to enter.
    """
    link_id, number_hash = link.id, _number_hash(link)
    network = f"code-from:{network_of(address)}"
    count_try({network: FREE_TRIES_NETWORK}, at)
    query = sa.select(SmsCode).where(SmsCode.link_id == link_id, SmsCode.sent_at.is_not(None))
    last = query.order_by(SmsCode.made_at.desc(), SmsCode.id.desc()).limit(1).with_for_update()
    row = db.session.scalar(last.execution_options(populate_existing=True))
    if (row is None or row.used_at or row.expires_at <= at or row.tries >= rules.CODE_TRIES
            or row.number_hash != number_hash or row.link_rotation != link.rotation):  # fmt: skip
        raise RuleBroken("code_gone")
    row.tries += 1
    is_right = hmac.compare_digest(row.code_hash, _code_hash(row.id, given))
    if is_right:
        row.used_at = at
        _chain("customer.code_entered", row, at)
        forgive([network])
    left = rules.CODE_TRIES - row.tries
    db.session.commit()
    if not is_right:
        raise RuleBroken("code_wrong", left=left) if left else RuleBroken("code_gone")
    return row


def proof_of(link: Link, code: SmsCode) -> str:
    """What the browser is given that entered it."""
    until = round((_used(code) + rules.CODE_BELIEVED_FOR).timestamp())
    return f"{code.id}.{tokens.proof_of(_about(link, code.id), until, key=_key())}"


def tie_of(link: Link, proof: str, *, at: datetime) -> Tie:
    """What ties a browser in which the digits are known: the code that it entered not long ago, else the digits alone."""
    code_id, _, rest = proof.partition(".")
    if not is_id(code_id) or not tokens.is_proof(rest, _about(link, code_id), round(at.timestamp()), key=_key()):
        return Tie()
    row = db.session.get(SmsCode, code_id)
    if row is None or row.used_at is None or row.link_id != link.id or row.number_hash != _number_hash(link):
        return Tie()
    return Tie(rules.CODE_KNOWN, row.id)


def _chain(kind: str, row: SmsCode, at: datetime) -> None:
    facts = {"code_id": row.id, "number": row.number_masked, "rotation": row.link_rotation, "tries": row.tries}
    audit.note(kind, entity_type="link", entity_id=row.link_id, by_id=None, at=at, facts=facts)


def _used(code: SmsCode) -> datetime:
    assert code.used_at
    return code.used_at


def _about(link: Link, code_id: str) -> str:
    return f"code {code_id} {link.id} {link.rotation}"


def _number_hash(link: Link) -> str:
    return _mac(f"number {link.case.customer.phone}")


def _code_hash(code_id: str, code: str) -> str:
    """Of no use without the key: all codes of six digits are tried in a second."""
    return _mac(f"sms {code_id} {code}")


def _mac(text: str) -> str:
    return hmac.digest(_key().encode(), text.encode(), "sha256").hex()


def _key() -> str:
    key: str = current_app.config["SECRETS"]["link_key"]
    return key
