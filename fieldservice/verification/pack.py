"""An evidence pack: a report with everything that is needed to check it without us, as one file.

`report.pdf` · `originals/<sha256>.<ending>` · `chain.json` (the entries the report names, opened, each with its path to
the tree head) · `head.json` (that head, with its signature) · `certificates/` (roots, seals, authorities of time) ·
`list.json` (the report as our list has it) · `README.md` (in both languages).
"""

import base64
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fieldservice.core import audit, files, i18n, json
from fieldservice.core.audit import TreeHead
from fieldservice.core.db import db
from fieldservice.core.i18n import gettext as _
from fieldservice.reports import keys
from fieldservice.reports.certificates import pem_of
from fieldservice.reports.keys import Known
from fieldservice.reports.models import Report
from fieldservice.reports.queries import pdf_of
from fieldservice.reports.rules import shown_code
from fieldservice.verification.attachment import Attachment, read_attachment
from fieldservice.verification.reading import read

REPORT, CHAIN, HEAD, LIST, README = "report.pdf", "chain.json", "head.json", "list.json", "README.md"
ORIGINALS, CERTIFICATES = "originals/", "certificates/"
FORMAT = 1

#: names of what stands in `certificates/`, by role
FILES_OF = {keys.ROLE_ROOT: "root", keys.ROLE_SEAL: "seal", keys.ROLE_BETWEEN: "between", keys.ROLE_TIME: "time"}
_ENDINGS = {b"\xff\xd8\xff": "jpg", b"\x89PNG": "png", b"RIFF": "webp"}


def write_pack(row: Report, out: io.BufferedIOBase, *, folder: Path, at: datetime) -> None:
    """Writes the pack of a report that is made into `out`. Raises NotFound (its file is gone), SealingTrouble, NoReading.

    `folder`: where the report may lie for a moment to be read.
    """
    pdf, known = pdf_of(row), keys.keyring().known()
    attached = _attached(pdf, folder)
    head = _head(attached, at)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr(REPORT, pdf, zipfile.ZIP_STORED)
        for digest in _photos(attached):
            path = files.path_of(digest)
            if path.is_file():
                pack.write(path, f"{ORIGINALS}{digest}.{_ending(path)}", zipfile.ZIP_STORED)
        for name, one in _named(known):
            pack.writestr(f"{CERTIFICATES}{name}", pem_of(one.certificate))
        pack.writestr(CHAIN, _text({"format": FORMAT, "entries": _entries(attached, row, head)}))
        pack.writestr(HEAD, _text(head))
        pack.writestr(LIST, _text(_listed(row)))
        pack.writestr(README, _readme(row))


def _attached(pdf: bytes, folder: Path) -> Attachment | None:
    path = folder / REPORT
    path.write_bytes(pdf)
    reading = read(path, roots=())
    return read_attachment(reading.evidence) if reading.evidence else None


def _photos(attached: Attachment | None) -> list[str]:
    return sorted({photo.sha256 for photo in attached.photos}) if attached else []


def _named(known: list[Known]) -> Iterator[tuple[str, Known]]:
    for number, one in enumerate(known, 1):
        yield f"{FILES_OF[one.role]}-{number}.pem", one


def _head(attached: Attachment | None, at: datetime) -> dict[str, Any]:
    """The last head that was written down and covers every entry, else one of now; signed by the key that seals."""
    least = max((entry.seq for entry in attached.chain), default=0) if attached else 0
    row = db.session.scalar(sa.select(TreeHead).where(TreeHead.size >= least).order_by(TreeHead.size.desc()).limit(1))
    found = audit.head_of(row) if row else audit.head()
    signature = row.signature if row and row.signature else audit.sign(found.text)
    return {"text": found.text, "signature": signature}


def _entries(attached: Attachment | None, row: Report, head: dict[str, Any]) -> list[dict[str, Any]]:
    size = json.loads(head["text"])["size"]
    seqs = {entry.seq for entry in attached.chain} if attached else set()
    own = audit.position_of("report", row.id)
    if own:
        seqs.add(own.seq)
    proofs = audit.proofs(sorted(seq for seq in seqs if seq <= size), size)
    return [{**entry, "proof": proofs[entry["seq"]]} for entry in audit.slice_of(seqs) if entry["seq"] in proofs]


def _listed(row: Report) -> dict[str, Any]:
    def ms(at: datetime | None) -> int | None:
        return round(at.timestamp() * 1000) if at else None

    return {
        "format": FORMAT, "id": row.id, "code": row.code, "revision": row.revision, "language": row.language,
        "made_at_ms": ms(row.made_at), "branch": row.job.branch.name, "pdf_sha256": row.pdf_sha256,
        "sealed_sha256": row.sealed_sha256, "evidence_sha256": row.evidence_sha256,
        "superseded_at_ms": ms(row.superseded_at), "time_stamped_at_ms": ms(row.time_stamped_at),
    }  # fmt: skip


def _readme(row: Report) -> str:
    said = []
    for language in i18n.LANGUAGES:
        with i18n.speaking(language):
            said.append(_words(row))
    return "\n\n---\n\n".join(said) + "\n"


def _words(row: Report) -> str:
    return "\n\n".join((  # one paragraph a line
        "# " + _("Evidence pack of the report %(code)s", code=shown_code(row.code)),
        _("`report.pdf` is the sealed report. `originals/` are the photos as the phone sent them, named by their SHA-256. `chain.json` are the entries of the audit chain that the report names, each with its path to the tree head in `head.json`. `certificates/` are the roots and seals of this installation. `list.json` is what the maker's list says of the report."),
        "## " + _("How to check it without the maker"),
        _("1. Compare the fingerprint of the root (`openssl x509 -in certificates/root-*.pem -noout -fingerprint -sha256`) with the one the maker published or that you were given before. Everything below rests on it."),
        _("2. With the maker's program, which needs no database and no network: `python -m fieldservice.verification.offline PACK.zip --root root.pem`. It says for each question what it found."),
        _("3. The seal with other programs: `pdfsig report.pdf` (poppler) must say “Signature is Valid” and “Total document signed” (with a time stamp behind it: of the last signature), or open it in a PDF reader that trusts the root."),
        _("4. The whole file: `sha256sum report.pdf` must be `pdf_sha256` of `list.json`."),
        _("5. A photo: `sha256sum originals/*` must be the name of the file, and stand in `evidence.json` (`pdfdetach -save 1 report.pdf`)."),
        _("6. The tree head: its text is `text` of `head.json`; `signature` is a detached CMS signature in base64: `openssl cms -verify -binary -inform DER -in signature.der -content text -CAfile certificates/root-*.pem -purpose any`."),
        _("7. An entry: `commitment` is the SHA-256 of salt (as bytes) and facts; `entry_hash` the SHA-256 of the canonical JSON of at, commitment, kind, prev_hash and seq; the path to the root is that of RFC 6962."),
    ))  # fmt: skip


def _ending(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    return next((ending for start, ending in _ENDINGS.items() if head.startswith(start)), "bin")


def _text(value: Any) -> str:
    return json.dumps(value)


def signature_bytes(text: str) -> bytes:
    """The signature of a head. Raises ValueError."""
    return base64.b64decode(text, validate=True)
