"""Sealed reports, and what people do to them."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import weasyprint
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import PdfSignatureMetadata, PdfSigner

from fieldservice.core import audit, clock, files
from fieldservice.core.db import db
from fieldservice.evidence.models import Evidence
from fieldservice.jobs.models import Job
from fieldservice.reports.certificates import make_leaf, make_root, new_key
from fieldservice.reports.evidence_file import Proof, evidence_of
from fieldservice.reports.keys import Identity
from fieldservice.reports.models import Report
from fieldservice.reports.rules import new_code
from fieldservice.reports.seal import _signer, seal, seal_with
from fieldservice.signoff.models import SignOff
from tests.builders import a_job
from tests.cast import Cast
from tests.signoff.sheets import KEY, register_key, signed_on, take_photos


@dataclass
class Made:
    """A report with its file."""

    report_id: str
    code: str
    job_id: str
    sheet_id: str
    pdf: bytes
    #: before it was sealed
    plain: bytes
    evidence: str


def apart(work: Callable[[], Any]) -> Any:
    """Does it in a thread of its own: Playwright keeps an event loop in this one, where nothing can be sealed."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def a_sealed_report(cast: Cast, *, language: str = "zh", revision: int = 1, job: Job | None = None) -> Made:
    """A signed visit, its photos on the disk, its report sealed and in the list; committed."""
    session = db.session
    if job is None:
        job = a_job(cast.store, cast.technician, state="working")
        register_key(cast.technician)
        take_photos(job, cast.technician)
        signed_on(job, cast.technician)
        session.commit()  # what stands in the chain is committed
    (sheet,) = session.scalars(db.select(SignOff).filter_by(job_id=job.id)).unique().all()
    photos = list(session.scalars(db.select(Evidence).filter_by(job_id=job.id)).unique())
    row = Report(
        job_id=job.id, run=job.run, revision=revision, language=language, code=new_code(), content_sha256="0" * 64,
        made_at=clock.now(), sign_off_id=sheet.id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    rows = [("sign_off", sheet.id), *(("evidence", photo.id) for photo in photos)]
    found = [(table, key, audit.position_of(table, key)) for table, key in rows]
    chain = [
        {"source_table": table, "source_id": key, "seq": place.seq, "entry_hash": place.entry_hash}
        for table, key, place in found if place
    ]  # fmt: skip
    assert len(chain) == len(rows)
    head = audit.head()
    said = {"size": head.size, "entry_hash": head.entry_hash, "root": head.root}
    text = evidence_of(row, Proof(job, sheet, KEY["spki"], None, photos, {}, chain, said))
    plain = a_pdf(f"服务报告 {row.code}", text)
    keep(row, seal(plain, at=clock.now()), text)
    session.commit()
    return Made(row.id, row.code, job.id, sheet.id, _bytes_of(row), plain, text)


def keep(row: Report, pdf: bytes, evidence: str) -> None:
    """As the worker does when a report is made."""
    digest = hashlib.sha256(pdf).hexdigest()
    draft = files.media_dir() / "partial" / digest
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_bytes(pdf)
    files.keep(draft, digest)
    row.pdf_sha256 = row.sealed_sha256 = digest
    row.size, row.pages, row.sealed_at = len(pdf), 1, clock.now()
    row.evidence_sha256 = hashlib.sha256(evidence.encode()).hexdigest()


def _bytes_of(row: Report) -> bytes:
    assert row.pdf_sha256
    return files.path_of(row.pdf_sha256).read_bytes()


def a_pdf(words: str, evidence: str) -> bytes:
    """A small PDF/A-3u with the attachment, as reports are made."""
    attached = weasyprint.Attachment(string=evidence, name="evidence.json", relationship="Data")
    page = weasyprint.HTML(string=f"<html lang=zh><title>{words}</title><p>{words}<p>180 元</html>")
    found: bytes = page.write_pdf(pdf_variant="pdf/a-3u", attachments=[attached])
    return found


def flipped(pdf: bytes, at: int | None = None) -> bytes:
    """One bit is another one."""
    place = at if at is not None else pdf.index(b"stream") + 40
    return pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]


def appended(pdf: bytes, what: bytes = b"\n% harmless?\n") -> bytes:
    """Something stands behind the end."""
    return pdf + what


def edited(pdf: bytes) -> bytes:
    """The page shows something else, by an incremental update."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"0 0 100 100 re f"))
    writer.update_container(page)
    return _written(writer)


def swapped(pdf: bytes, evidence: str) -> bytes:
    """The attachment is another one, by an incremental update."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    for at in range(1, len(names), 2):
        held = names[at]["/EF"].raw_get("/F")
        stream = generic.StreamObject(stream_data=evidence.encode())
        stream["/Type"] = generic.pdf_name("/EmbeddedFile")
        writer.objects[(held.generation, held.idnum)] = stream
    return _written(writer)


def saved_again(pdf: bytes) -> bytes:
    """Opened and saved by another program."""
    return _written(copy_into_new_writer(PdfFileReader(BytesIO(pdf))))


def cut(pdf: bytes) -> bytes:
    """The last part did not arrive."""
    return pdf[: len(pdf) * 2 // 3]


def a_stranger() -> Identity:
    """Somebody else's seal, which looks like ours."""
    at = clock.now()
    until = at + timedelta(days=900)
    root_key, key = new_key(), new_key()
    root = make_root(root_key, organisation="总部", at=at, until=until)
    leaf = make_leaf(key, root, root_key, organisation="总部", at=at, until=until)
    return Identity(key, leaf, (root,), False)


def sealed_by_another(plain: bytes) -> bytes:
    """The same report under a foreign seal."""
    return seal_with(a_stranger(), plain, at=clock.now(), place="x", reason="x")


def signed_too(pdf: bytes) -> bytes:
    """Somebody signed the sealed file as well, with a program that does not care for what the seal allows."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf.replace(b"/P 1\n", b"/P 2\n")))
    found: bytes = PdfSigner(PdfSignatureMetadata(field_name="Two"), _signer(a_stranger())).sign_pdf(writer).getvalue()
    return found


def tamperings(made: Made, other: Made) -> dict[str, bytes]:
    """What can be done to a file, under the one right answer to it. `other`: a genuine report, for its evidence."""
    return {
        "changed": flipped(made.pdf),
        "appended": appended(made.pdf),
        "added": edited(made.pdf),
        "rewritten": saved_again(made.pdf),
        "cut": cut(made.pdf),
        "signer_other": sealed_by_another(made.plain),
        "attachment_swapped": swapped(made.pdf, other.evidence),
        "seal_missing": made.plain,
        "seal_several": signed_too(made.pdf),
        "unreadable": b"%PDF-1.7\nnothing\n%%EOF\n",
        "not_pdf": b"\x89PNG\r\n\x1a\n" + bytes(400),
    }


def edit_row(made: Made) -> None:
    """Somebody who owns the database changes what was signed."""
    _without_triggers("sign_off", "audit", "audit_fact")
    db.session.execute(sa.text("UPDATE sign_off SET signer_name = 'x' WHERE id = :id"), {"id": made.sheet_id})
    db.session.commit()


def write_chain_anew() -> None:
    """… and computes the chain anew, from what was changed on."""
    last = "(SELECT max(seq) FROM audit)"
    db.session.execute(sa.text(f"UPDATE audit SET commitment = :x, entry_hash = :x WHERE seq = {last}"), {"x": "5" * 64})
    db.session.commit()


def _without_triggers(*tables: str) -> None:
    """As whoever owns the database can."""
    if db.engine.dialect.name == "postgresql":
        for table in tables:
            db.session.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    else:
        names = sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN :tables")
        for name in db.session.scalars(names.bindparams(sa.bindparam("tables", list(tables), expanding=True))).all():
            db.session.execute(sa.text(f"DROP TRIGGER {name}"))
    db.session.commit()


def at_path(folder: Path, pdf: bytes) -> Path:
    """The file on the disk."""
    path = folder / f"{hashlib.sha256(pdf).hexdigest()[:12]}.pdf"
    path.write_bytes(pdf)
    return path


def _written(writer: Any) -> bytes:
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
