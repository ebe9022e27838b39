"""Checks a report or an evidence pack without us: no database, no network, no configuration.

`python -m fieldservice.verification.offline FILE --root root.pem`, the same as `flask fieldservice verify`. What can be
told is told; what would need the maker is said to be open.
"""

import asyncio
import tempfile
import zipfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask

from fieldservice.core import audit, i18n, json, merkle
from fieldservice.core.clock import from_ms
from fieldservice.core.json import BadJson
from fieldservice.reports.certificates import fingerprint_of, is_root, pem_of
from fieldservice.reports.rules import read_code
from fieldservice.verification import pack, words
from fieldservice.verification.attachment import Attachment, read_attachment
from fieldservice.verification.checks import OPEN, Chained, Knowledge, KnownReport, Outcome, judge
from fieldservice.verification.originals import states_of
from fieldservice.verification.reading import NoReading, read

#: exit codes; 2 is click's own
GOOD, BAD, NOT_ALL = 0, 1, 3

_MOST_PACK_BYTES = 2 * 1024**3
_MOST_ORIGINALS = 1000
_MOST_TEXT_BYTES = 50 * 1024 * 1024


class BadPack(Exception):
    """Why a pack cannot be read, in words."""


@dataclass(frozen=True)
class Given:
    """What came with the file."""

    pdf: Path
    certificates: Mapping[str, bytes]
    originals: Mapping[str, Path]
    chain: Any = None
    head: Any = None
    listed: Any = None

    @property
    def is_pack(self) -> bool:
        return self.head is not None


def check(file: Path, *, roots: Collection[bytes], code: str, at: datetime) -> Outcome:
    """Everything that can be told. `roots`: PEM that whoever asks trusts. Raises BadPack, NoReading, ValueError."""
    own = [one for content in roots for one in x509.load_pem_x509_certificates(content)]
    with tempfile.TemporaryDirectory() as folder:
        given = _opened(file, Path(folder))
        there = [one for content in given.certificates.values() for one in _certificates(content)]
        anchors = own or [one for one in there if is_root(one)]
        times = [one for name, content in given.certificates.items() if "time-" in name for one in _certificates(content)]
        reading = read(given.pdf, roots=[pem_of(one) for one in anchors], times=[pem_of(one) for one in (*times, *own)])
        attached = read_attachment(reading.evidence) if reading.evidence else None
        known = Knowledge(
            at=at, roots=frozenset(map(fingerprint_of, anchors)), is_given_root=bool(own), is_unproven=not own,
            by_file=_listed(given, reading.sha256), photos=_photos(given, attached),
            chain=_chained(given, attached, anchors) if given.is_pack and attached else None, wanted_code=code,
        )  # fmt: skip
        return judge(reading, attached, known)


def said(outcome: Outcome) -> dict[str, Any]:
    """The answers for a program."""
    return {
        "verdict": outcome.verdict,
        "is_good": outcome.is_good,
        "headline": words.verdict_words(outcome.verdict)[0],
        "checks": [
            {"about": one.about, "state": one.state, "code": one.code, "words": words.answer_words(one)}
            for one in outcome.checks
        ],
    }


def exit_code(outcome: Outcome) -> int:
    """0: good; 1: something is wrong; 3: good as far as could be told, but nobody vouches for the signer."""
    if not outcome.is_good:
        return BAD
    signer = outcome.of("signer")
    return NOT_ALL if signer is None or signer.state == OPEN else GOOD


@click.command("verify")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--root", "roots", type=click.File("rb"), multiple=True, help="Certificate(s) you trust, as PEM.")
@click.option("--code", default="", help="The code of the report that FILE should be.")
@click.option("--json", "as_json", is_flag=True, help="Answer for a program.")
@click.option("--language", type=click.Choice(i18n.LANGUAGES), default="en", show_default=True)
def verify(file: Path, roots: Iterable[Any], code: str, as_json: bool, language: str) -> None:
    """Checks FILE, a report (PDF) or an evidence pack (zip), without database, network or configuration.

    Exit codes: 0 good; 1 something is wrong; 2 the command was wrong; 3 good as far as can be told without --root.
    """
    app = Flask(__name__)
    i18n.init_app(app)
    with app.app_context(), i18n.speaking(language):
        try:
            given = [one.read() for one in roots]
            outcome = check(file, roots=given, code=read_code(code) or code, at=datetime.now(UTC))
        except (BadPack, NoReading, ValueError) as error:
            raise click.UsageError(str(error)) from error
        click.echo(json.dumps(said(outcome)) if as_json else _page(outcome))
    raise SystemExit(exit_code(outcome))


def _page(outcome: Outcome) -> str:
    headline, meaning = words.verdict_words(outcome.verdict)
    lines = [headline, meaning, ""]
    for one in outcome.checks:
        lines += [f"[{words.STATES[one.state]}] {words.QUESTIONS[one.about]}", f"    {words.answer_words(one)}"]
    return "\n".join(lines)


def _opened(file: Path, folder: Path) -> Given:
    with file.open("rb") as stream:
        is_zip = stream.read(4) == b"PK\x03\x04"
    if not is_zip:
        return Given(file, {}, {})
    try:
        with zipfile.ZipFile(file) as opened:
            return _unpacked(opened, folder)
    except (zipfile.BadZipFile, KeyError, BadJson, OSError, NotImplementedError, RuntimeError) as error:
        raise BadPack(f"This evidence pack cannot be read: {error}") from error


def _unpacked(opened: zipfile.ZipFile, folder: Path) -> Given:
    names = [one for one in opened.infolist() if not one.is_dir()]
    if sum(one.file_size for one in names) > _MOST_PACK_BYTES or len(names) > _MOST_ORIGINALS + 100:
        raise BadPack("This evidence pack is far too large.")
    pdf = folder / pack.REPORT
    _unpack(opened, pack.REPORT, pdf)
    originals: dict[str, Path] = {}
    for one in names:
        if one.filename.startswith(pack.ORIGINALS):
            digest = one.filename.removeprefix(pack.ORIGINALS).partition(".")[0]
            originals[digest] = folder / f"original-{len(originals)}"
            _unpack(opened, one.filename, originals[digest])
    certificates = {
        one.filename: _small(opened, one.filename) for one in names if one.filename.startswith(pack.CERTIFICATES)
    }
    texts = [json.loads(_small(opened, name)) for name in (pack.CHAIN, pack.HEAD, pack.LIST)]
    return Given(pdf, certificates, originals, *texts)


def _unpack(opened: zipfile.ZipFile, name: str, target: Path) -> None:
    with opened.open(name) as source, target.open("wb") as out:
        while piece := source.read(1024 * 1024):
            out.write(piece)


def _small(opened: zipfile.ZipFile, name: str) -> bytes:
    with opened.open(name) as source:
        found = source.read(_MOST_TEXT_BYTES + 1)
    if len(found) > _MOST_TEXT_BYTES:
        raise BadPack(f"{name} is far too large.")
    return found


def _certificates(content: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError:
        return []


def _listed(given: Given, digest: str) -> KnownReport | None:
    """What the maker's list said when the pack was made, when that is this file and the chain says the same of it."""
    if not given.is_pack:
        return None
    try:
        one = given.listed
        report = KnownReport(
            id=str(one["id"]), code=str(one["code"]), revision=int(one["revision"]), language=str(one["language"]),
            made_at=from_ms(one["made_at_ms"]), branch=str(one["branch"]), pdf_sha256=str(one["pdf_sha256"]),
            sealed_sha256=str(one["sealed_sha256"]), evidence_sha256=str(one["evidence_sha256"]),
            superseded_at=from_ms(one["superseded_at_ms"]) if one["superseded_at_ms"] else None,
        )  # fmt: skip
        facts = [json.loads(entry["facts"]) for entry in given.chain["entries"] if entry["facts"]]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadPack(f"This evidence pack cannot be read: {error}") from error
    chained = [one["said"]["sha256"] for one in facts if one["row"] and one["row"][:2] == ["report", report.id]]
    if digest not in (report.pdf_sha256, report.sealed_sha256) or report.sealed_sha256 not in chained:
        return None
    return report


def _photos(given: Given, attached: Attachment | None) -> dict[str, str]:
    if not given.is_pack or attached is None:
        return {}
    places = {one.sha256: given.originals.get(one.sha256, Path("/nowhere")) for one in attached.photos}
    return states_of(places)


def _chained(given: Given, attached: Attachment, anchors: list[x509.Certificate]) -> Chained | None:
    """Each entry opens, is the one the report names, and leads to a head that the seal's key has signed."""
    try:
        entries = {int(entry["seq"]): entry for entry in given.chain["entries"]}
        head = json.loads(given.head["text"])
        size, root, at = int(head["size"]), str(head["root"]), from_ms(head["at"])
        named = {one.seq: one.entry_hash for one in attached.chain}
        rewritten = sorted(seq for seq, digest in named.items() if entries.get(seq, {}).get("entry_hash") != digest)
        if rewritten:
            return Chained(tuple(rewritten))
        for seq, entry in entries.items():
            if not audit.opens(entry):
                return Chained(wrong=(seq, "facts"))
            if not merkle.is_in(entry["entry_hash"], seq - 1, size, entry["proof"], root):
                return Chained(wrong=(seq, "head"))
        signature = given.head["signature"]
        if signature and not _has_signed(given.head["text"], signature, anchors):
            return Chained(wrong=(size, "head"))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BadPack(f"This evidence pack cannot be read: {error}") from error
    return Chained(entries=len(named), head=(size, at), is_head_signed=bool(signature))


def _has_signed(text: str, signature: str, anchors: list[x509.Certificate]) -> bool:
    """Whether the head was signed by a certificate under one of the roots."""
    # taken in here: server and worker, who know this command, have no use for it
    from asn1crypto import cms
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.validation import async_validate_detached_cms
    from pyhanko_certvalidator import ValidationContext

    try:
        signed: cms.SignedData = cms.ContentInfo.load(pack.signature_bytes(signature))["content"]
        trusted = [asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in anchors]
        context = ValidationContext(trust_roots=trusted, allow_fetching=False)
        status = asyncio.run(async_validate_detached_cms(text.encode(), signed, context))
    except Exception:  # whatever a broken signature makes the libraries raise
        return False
    return status.intact and status.valid and status.trusted


if __name__ == "__main__":
    verify()
