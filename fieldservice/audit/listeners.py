"""What is chained by itself: a row each of the log, of the access log, and of what is proof, as it is written."""

import re
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import AccessEntry
from fieldservice.core import audit, clock
from fieldservice.core.audit import Told, chains
from fieldservice.core.db import db
from fieldservice.core.events import listens_to
from fieldservice.core.oplog import LogEntry
from fieldservice.evidence.events import BlobChanged
from fieldservice.evidence.models import ANNOUNCED, UNUSABLE, VERIFIED, Blob, Evidence
from fieldservice.jobs.models import JobStep
from fieldservice.portal.models import CustomerWord, WordAnswer, WordOwner
from fieldservice.signoff.models import LinkSignature, SignOff
from fieldservice.visits.models import ChargeStatement, Incident

_PLAIN_KIND = re.compile(r"[a-z][a-z0-9_.]*\Z")
_HAPPENED = ("happened_at", "device_at", "uncertainty_ms", "op_id")
_PLACED = ("lat", "lng", "accuracy_m", "no_place")


@chains(LogEntry, "id", "origin", "device_id", "seq", "person_id", "brought_by_id", "kind", "entity_type",
        "entity_id", "body", "result", "note", "base_version", "device_at", "happened_at", "uncertainty_ms",
        "received_at")  # fmt: skip
def _log_entry(row: LogEntry) -> Told:
    kind = row.kind if _PLAIN_KIND.match(row.kind) else "unknown"  # a phone may say anything
    prefix = "" if kind.startswith("office.") and row.origin != "phone" else "op."
    return Told(f"{prefix}{kind}", row.entity_type, row.entity_id, row.person_id, row.received_at)


@chains(AccessEntry, "id", "at", "person_id", "act", "subject_type", "subject_id", "address")
def _access(row: AccessEntry) -> Told:
    entity = (row.subject_type, row.subject_id) if row.subject_type else ("person", row.person_id or "")
    return Told(f"access.{row.act}", *entity, row.person_id, row.at)


@chains(Evidence, "id", "job_id", "by_id", "sha256", "slot", "item", "file_name", "source", "opens",
        "declared_time", "declared_lat", "declared_lng", "replaces_id", *_HAPPENED, *_PLACED)  # fmt: skip
def _photo(row: Evidence) -> Told:
    return Told("evidence.added", "job", row.job_id, row.by_id, row.happened_at)


@chains(SignOff, "id", "job_id", "run", "kind", "revision", "outcome", "by_id", "presented", "presented_sha256",
        "payload", "signature", "key_id", "signer_name", "signer_role", "reason", "language", "attitude", "efficiency",
        "skill", "rating_words", "total_fen", *_HAPPENED, *_PLACED)  # fmt: skip
def _sheet(row: SignOff) -> Told:
    return Told(f"signature.{row.kind}", "job", row.job_id, row.by_id, row.happened_at)


@chains(LinkSignature, "id", "sign_off_id", "presented_sha256", "payload", "payload_sha256", "signer_name", "signer_role",
        "consent", "language", "is_weak", "link_id", "signed_at", "tied_by", "code_id")  # fmt: skip
def _signed_by_link(row: LinkSignature) -> Told:
    session = sa.orm.object_session(row)
    assert session is not None
    with session.no_autoflush:
        job_id = session.scalar(sa.select(SignOff.job_id).where(SignOff.id == row.sign_off_id))
    return Told("signature.by_link", "job", str(job_id), None, row.signed_at)


@chains(CustomerWord, "id", "case_id", "job_id", "kind", "words", "wish_start_at", "wish_end_at", "attitude",
        "efficiency", "skill", "said_at", "answer_by_at", "about", "sheet_id", "presented_sha256", "sheet_revision",
        "language", "link_id", "link_rotation", "tied_by", "code_id")  # fmt: skip
def _customer_word(row: CustomerWord) -> Told:
    entity = ("job", row.job_id) if row.job_id else ("case", row.case_id)
    return Told(f"customer.{row.kind}", *entity, None, row.said_at)


@chains(WordOwner, "id", "word_id", "owner_id", "by_id", "since_at")
def _owner(row: WordOwner) -> Told:
    return Told("customer.looked_after", "customer_word", row.word_id, row.by_id, row.since_at)


@chains(WordAnswer, "id", "word_id", "kind", "words", "by_id", "answered_at")
def _answer(row: WordAnswer) -> Told:
    return Told("customer.answered", "customer_word", row.word_id, row.by_id, row.answered_at)


@chains(ChargeStatement, "id", "job_id", "run", "lines", "total_fen", "by_id", *_HAPPENED)
def _charges(row: ChargeStatement) -> Told:
    return Told("price.stated", "job", row.job_id, row.by_id, row.happened_at)


@chains(Incident, "id", "job_id", "kind", "words", "by_id", *_HAPPENED)
def _incident(row: Incident) -> Told:
    return Told("incident.recorded", "job", row.job_id, row.by_id, row.happened_at)


@chains(JobStep, "id", "job_id", "position", "run", "step", "from_state", "to_state", "by_id", "reason", "promised_at",
        *_HAPPENED, *_PLACED)  # fmt: skip
def _step(row: JobStep) -> Told:
    return Told("status.changed", "job", row.job_id, row.by_id, row.happened_at)


@listens_to(BlobChanged)
def note_bytes(event: BlobChanged) -> None:
    """Bytes that came whole, were lost, or are no picture after all."""
    blob = db.session.get_one(Blob, event.sha256)
    attributes = sa.inspect(blob).attrs
    before = {name: (attributes[name].history.deleted or [None])[0] for name in ("state", "picture")}
    if attributes["state"].history.has_changes() and blob.state in (VERIFIED, ANNOUNCED):
        _note_blob("evidence.received" if blob.state == VERIFIED else "evidence.lost", blob, size=blob.size)
    if attributes["picture"].history.has_changes() and UNUSABLE in (blob.picture, before["picture"]):
        _note_blob("evidence.unusable" if blob.picture == UNUSABLE else "evidence.usable", blob, why=blob.why)


def _note_blob(kind: str, blob: Blob, **facts: Any) -> None:
    audit.note(kind, entity_type="blob", entity_id=blob.sha256, by_id=None, at=clock.now(), facts=facts)
