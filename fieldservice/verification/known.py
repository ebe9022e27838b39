"""What this installation knows that a file can be compared with."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from fieldservice.accounts.models import DeviceKey
from fieldservice.core import audit, files
from fieldservice.core.audit import Entry
from fieldservice.core.db import db
from fieldservice.reports import keys
from fieldservice.reports.certificates import fingerprint_of, pem_of
from fieldservice.reports.keys import Known
from fieldservice.reports.models import Report
from fieldservice.verification.attachment import Attachment, read_attachment
from fieldservice.verification.checks import Chained, Knowledge, KnownReport, Outcome, judge, sha256
from fieldservice.verification.originals import states_of
from fieldservice.verification.reading import Reading, read


@dataclass(frozen=True)
class Trusted:
    """Certificates that seals and times may end at."""

    #: PEM
    roots: tuple[str, ...]
    times: tuple[str, ...]
    #: fingerprints: roots whose every seal is ours, seals that are
    own_roots: frozenset[str]
    seals: frozenset[str]


def trusted_of(known: Collection[Known]) -> Trusted:
    """An imported root certifies others than us too: under it only the seals that were ours count."""
    return Trusted(
        tuple(pem_of(one.certificate) for one in known if one.role == keys.ROLE_ROOT),
        tuple(pem_of(one.certificate) for one in known if one.role == keys.ROLE_TIME),
        frozenset(
            fingerprint_of(one.certificate) for one in known if one.role == keys.ROLE_ROOT and one.origin == keys.MADE
        ),
        frozenset(fingerprint_of(one.certificate) for one in known if one.role == keys.ROLE_SEAL),
    )


def verify(path: Path, *, wanted_code: str = "", at: datetime) -> Outcome:
    """Reads a file and compares it with everything that is known here. Raises NoReading, SealingTrouble."""
    ring = keys.keyring()
    trusted = trusted_of(ring.known() if ring.is_there else [])
    reading = read(path, roots=trusted.roots, times=trusted.times)
    attached = read_attachment(reading.evidence) if reading.evidence else None
    return judge(reading, attached, _knowledge(reading, attached, trusted, wanted_code, at))


def known_report(row: Report) -> KnownReport:
    """What stands in the list. It must have been made."""
    assert row.pdf_sha256
    assert row.sealed_sha256
    assert row.evidence_sha256
    return KnownReport(
        id=row.id, code=row.code, revision=row.revision, language=row.language, made_at=row.made_at,
        branch=row.job.branch.name, pdf_sha256=row.pdf_sha256, sealed_sha256=row.sealed_sha256,
        evidence_sha256=row.evidence_sha256, superseded_at=row.superseded_at,
    )  # fmt: skip


def report_by_code(code: str) -> Report | None:
    """The report of a code that was made; None: there is none."""
    return db.session.scalar(sa.select(Report).where(Report.code == code, Report.sealed_at.is_not(None)))


def latest_of(row: Report) -> Report | None:
    """The revision that stands now, in the same language."""
    query = sa.select(Report).where(
        Report.job_id == row.job_id, Report.language == row.language, Report.sealed_at.is_not(None),
        Report.superseded_at.is_(None),
    )  # fmt: skip
    return db.session.scalar(query.order_by(Report.revision.desc()).limit(1))


def _knowledge(
    reading: Reading, attached: Attachment | None, trusted: Trusted, wanted_code: str, at: datetime
) -> Knowledge:
    by_file = _by_file(reading.sha256)
    by_name = _by_name(attached)
    listed = by_file or by_name
    # only what the report itself says is looked up: a made-up attachment learns nothing about others
    is_own = listed is not None and reading.evidence is not None and sha256(reading.evidence) == listed.evidence_sha256
    own = attached if is_own else None
    chain = chained(own, listed) if listed else None
    return Knowledge(
        at=at, roots=trusted.own_roots, seals=trusted.seals, has_list=True,
        by_file=known_report(by_file) if by_file else None, by_name=known_report(by_name) if by_name else None,
        photos=states_of({photo.sha256: files.path_of(photo.sha256) for photo in own.photos}) if own else {},
        keys=_key_of(own) if own else None, chain=chain if own or (chain and chain.wrong) else None,
        wanted_code=wanted_code,
    )  # fmt: skip


def _by_file(digest: str) -> Report | None:
    query = sa.select(Report).where(
        sa.or_(Report.pdf_sha256 == digest, Report.sealed_sha256 == digest), Report.sealed_at.is_not(None)
    )
    return db.session.scalar(query.limit(1)) if digest else None


def _by_name(attached: Attachment | None) -> Report | None:
    found = report_by_code(attached.report.code) if attached else None
    return found if found and attached and found.id == attached.report.id else None


def _key_of(attached: Attachment) -> dict[str, str]:
    if attached.sign_off is None:
        return {}
    found = db.session.get(DeviceKey, attached.sign_off.key_id)
    return {found.id: found.spki} if found else {}


def chained(attached: Attachment | None, row: Report) -> Chained:
    """The chain as it is now against what the report says that it was, and the report's own row in it."""
    said = {entry.seq: entry.entry_hash for entry in attached.chain} if attached else {}
    rows = sorted(said)
    if attached and attached.head and attached.head.size:
        said.setdefault(attached.head.size, attached.head.entry_hash)
    query = sa.select(Entry.seq, Entry.entry_hash).where(Entry.seq.in_(said))
    now = {row.seq: row.entry_hash for row in db.session.execute(query)}
    rewritten = tuple(sorted(seq for seq, entry_hash in said.items() if now.get(seq) != entry_hash))
    own = audit.position_of("report", row.id)
    wrong = None if rewritten else audit.look_at([*rows, *([own.seq] if own else [])])
    return Chained(rewritten, (wrong.seq, wrong.code) if wrong else None, len(rows))
