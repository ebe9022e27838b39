"""Reads PDF files that strangers may have made, each in a process of its own with little memory and time.

This file is run as a program (`reading.py` starts it). It reads one request a line (JSON: `path`; `roots` and `times`,
certificates as PEM that seals and time stamps may end at) and answers each with a line, from a fork that has the
libraries loaded, is limited, reads, and ends (`core/forked.py`). Only the standard library and pyHanko are imported. What
it finds is `Reading` of reading.py; what that means is decided in checks.py.
"""

import asyncio
import hashlib
import importlib.util
import logging
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, IndirectObject
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, async_validate_pdf_timestamp
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

_MEMORY_BYTES = 600 * 1024 * 1024
_CPU_SECONDS = 15
_WALL_SECONDS = 20

EVIDENCE = "evidence.json"
#: a real one has some 10 kB
_MOST_EVIDENCE_BYTES = 2 * 1024 * 1024
_MOST_SIGNATURES = 20
_MOST_NAMES = 200
_DEEPEST_TREE = 20

def _loaded(place: str) -> Any:
    """A module of ours by its place: as a program this file belongs to no package."""
    spec = importlib.util.spec_from_file_location("_reader_forked", Path(__file__).parent / f"{place}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


forked = _loaded("../core/forked")

_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]")


def main() -> None:
    """Answers until the input ends."""
    logging.disable(logging.CRITICAL)
    forked.serve(_answer, wall_seconds=_WALL_SECONDS, silent={"fault": "too_heavy"})


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    forked.limit(memory_bytes=_MEMORY_BYTES, cpu_seconds=_CPU_SECONDS, output_bytes=0)
    try:
        return read(request["path"], request["roots"], request["times"])
    except (MemoryError, RecursionError):
        return {"fault": "too_heavy"}
    except OSError as error:
        return {"failed": str(error)}


def read(path: str, roots: list[str], times: list[str]) -> dict[str, Any]:
    """All that can be told from the file alone."""
    with open(path, "rb") as file:
        content = file.read()
    ends = _ends(content)
    found = {"fault": "", "sha256": _sha256(content), "size": len(content), "ends": ends,
             "has_end": b"%%EOF" in content[-1024:], "has_mark": b"/ByteRange" in content}
    if b"%PDF-" not in content[:1024]:
        return {**found, "fault": "not_pdf"}
    try:
        return {**found, **_look(content, roots, times)}
    except (MemoryError, RecursionError):
        return {**found, "fault": "too_heavy"}
    except Exception:  # there is no end to what broken files make a library raise
        return {**found, **_look_at_beginning(content, ends, roots, times)}


def _look_at_beginning(content: bytes, ends: list[int], roots: list[str], times: list[str]) -> dict[str, Any]:
    """The file cannot be read as a whole: up to where a seal says that it reached, it may be."""
    end = next((one for one in ends if 0 < one < len(content)), 0)
    if not end:
        return {"fault": "unreadable"}
    try:
        return {**_look(content[:end], roots, times), "read_to": end}
    except (MemoryError, RecursionError):
        return {"fault": "too_heavy"}
    except Exception:  # as above
        return {"fault": "unreadable"}


def _look(content: bytes, roots: list[str], times: list[str]) -> dict[str, Any]:
    reader = PdfFileReader(BytesIO(content))
    if reader.encrypted:
        return {"fault": "encrypted"}
    embedded = list(reader.embedded_signatures)
    if len(embedded) > _MOST_SIGNATURES:
        return {"fault": "too_heavy"}
    seals = [one for one in embedded if one.sig_object_type == "/Sig"]
    stamps = [one for one in embedded if one.sig_object_type == "/DocTimeStamp"]
    found: dict[str, Any] = {
        "read_to": len(content),
        "revisions": reader.total_revisions,
        "others": len(embedded) - len(seals) - len(stamps),
        "names": _names(reader.root),
        "evidence": _evidence(reader.root),
        "seals": [_seal(one, content, _trusted(roots)) for one in seals],
        "stamps": [_stamp(one, content, _trusted(times)) for one in stamps],
    }
    if len(seals) == 1:
        root = reader.get_historical_root(seals[0].signed_revision)
        found["sealed_evidence"] = _evidence(root)
    return found


def _seal(one: EmbeddedPdfSignature, content: bytes, roots: list[asn1_x509.Certificate]) -> dict[str, Any]:
    end = _end_of(one)
    certificate = one.signer_cert
    claimed = one.self_reported_timestamp
    found = {
        **_cover(one, content),
        "field": str(one.field_name)[:80],
        "subfilter": str(one.sig_object.get("/SubFilter", "")),
        "level": one.docmdp_level.value if one.docmdp_level is not None else None,
        "certifies": _certifies(one),
        "claimed_at": claimed.astimezone(UTC).isoformat() if claimed else None,
        "chain": [_pem(certificate), *(_pem(other) for other in one.other_embedded_certs)][:10],
        "sealed_sha256": _sha256(content[:end]),
    }
    moment = _within(claimed, certificate)
    context = ValidationContext(
        trust_roots=roots, other_certs=one.other_embedded_certs, moment=moment, allow_fetching=False,
        revocation_mode="soft-fail",
    )  # fmt: skip
    try:
        status = asyncio.run(async_validate_pdf_signature(one, context))
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # as above
        return {**found, "intact": False, "valid": False, "trusted": False, "allowed": False, "why": type(error).__name__}
    path = [link for link in status.validation_path or [] if isinstance(link, asn1_x509.Certificate)]
    return {
        **found,
        "intact": status.intact,
        "valid": status.valid,
        "trusted": status.trusted,
        "root": path[0].sha256.hex() if path and status.trusted else "",
        "allowed": bool(status.docmdp_ok),
        "level_of_change": status.modification_level.name if status.modification_level else "",
        "is_read": isinstance(status.diff_result, DiffResult),
    }


def _stamp(one: EmbeddedPdfSignature, content: bytes, roots: list[asn1_x509.Certificate]) -> dict[str, Any]:
    try:
        said = one.signed_data["encap_content_info"]["content"].parsed["gen_time"].native
        context = ValidationContext(
            trust_roots=roots, other_certs=one.other_embedded_certs, moment=said, allow_fetching=False,
            revocation_mode="soft-fail",
        )  # fmt: skip
        status = asyncio.run(async_validate_pdf_timestamp(one, context))
        return {
            **_cover(one, content), "at": said.astimezone(UTC).isoformat(), "intact": status.intact,
            "valid": status.valid, "trusted": status.trusted,
            "authority": one.signer_cert.subject.human_friendly[:300],
            "chain": [_pem(one.signer_cert), *(_pem(other) for other in one.other_embedded_certs)][:10],
        }  # fmt: skip
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # as above
        return {"at": None, "intact": False, "valid": False, "trusted": False, "covers": "unclear", "end": 0,
                "authority": "", "chain": [], "why": type(error).__name__}  # fmt: skip


def _cover(one: EmbeddedPdfSignature, content: bytes) -> dict[str, Any]:
    """How far it reaches, and whether the gap in it holds nothing but the signature itself."""
    coverage = one.evaluate_signature_coverage()
    names = {SignatureCoverageLevel.ENTIRE_FILE: "file", SignatureCoverageLevel.ENTIRE_REVISION: "revision"}
    return {"covers": names.get(coverage, "unclear"), "end": _end_of(one), "is_gap_clean": _is_gap_clean(one, content)}


def _end_of(one: EmbeddedPdfSignature) -> int:
    ranges = [int(part) for part in one.byte_range]
    return ranges[2] + ranges[3] if len(ranges) == 4 else 0


def _is_gap_clean(one: EmbeddedPdfSignature, content: bytes) -> bool:
    """The signature's bytes are outside what it signs: behind them stand zeros."""
    held = one.pkcs7_content
    length = len(one.signed_data.dump())  # at the least; the wrapping adds a few bytes
    rest = bytes(held[_der_length(bytes(held)) or length :])
    return not rest.strip(b"\0")


def _der_length(content: bytes) -> int:
    """Bytes of the one value at the beginning; 0 when that cannot be told."""
    if len(content) < 2 or content[0] != 0x30:
        return 0
    first = content[1]
    if first < 0x80:
        return 2 + first
    width = first & 0x7F
    return 2 + width + int.from_bytes(content[2 : 2 + width]) if 1 <= width <= 4 else 0


def _certifies(one: EmbeddedPdfSignature) -> bool:
    """Whether the document says that this is the seal it is certified by."""
    try:
        held = one.reader.root["/Perms"].raw_get("/DocMDP")
    except (KeyError, TypeError):
        return False
    raw = one.sig_field.raw_get("/V")
    return isinstance(held, IndirectObject) and isinstance(raw, IndirectObject) and held.reference == raw.reference


def _within(claimed: datetime | None, certificate: asn1_x509.Certificate) -> datetime:
    """A moment at which the certificate was good: whether the chain holds is asked apart from when it ran out."""
    begins, ends = certificate.not_valid_before, certificate.not_valid_after
    if claimed is not None and begins <= claimed <= ends:
        return claimed.astimezone(UTC)
    found: datetime = begins + timedelta(seconds=1)
    return found


def _trusted(given: list[str]) -> list[asn1_x509.Certificate]:
    return [asn1_x509.Certificate.load(pem.unarmor(one.encode())[2]) for one in given]


def _pem(certificate: asn1_x509.Certificate) -> str:
    found: bytes = pem.armor("CERTIFICATE", certificate.dump())
    return found.decode()


def _ends(content: bytes) -> list[int]:
    """Where the seals in it, as far as their ranges can be found in the bytes, say that they end; the last first."""
    found = {int(match[3]) + int(match[4]) for match in list(_BYTE_RANGE.finditer(content))[:_MOST_SIGNATURES]}
    return sorted(found, reverse=True)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _evidence(root: DictionaryObject) -> str | None:
    """The text of the attachment; None: there is none, or not exactly one, or it is no text."""
    found = [value for name, value in _attached(root) if name == EVIDENCE]
    if len(found) != 1:
        return None
    try:
        stream = found[0]["/EF"]["/F"]
        content: bytes = stream.data
        return content.decode() if len(content) <= _MOST_EVIDENCE_BYTES else None
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


def _names(root: DictionaryObject) -> list[str]:
    return [name[:80] for name, _value in _attached(root)]


def _attached(root: DictionaryObject) -> list[tuple[str, Any]]:
    try:
        tree = root["/Names"]["/EmbeddedFiles"]
    except (KeyError, TypeError):
        return []
    found: list[tuple[str, Any]] = []
    _walk(tree, found, 0)
    return found


def _walk(node: Any, found: list[tuple[str, Any]], depth: int) -> None:
    if depth > _DEEPEST_TREE or len(found) > _MOST_NAMES or not isinstance(node, DictionaryObject):
        return
    pairs = node.get("/Names", ())
    if isinstance(pairs, ArrayObject):
        for at in range(0, min(len(pairs) - 1, 2 * _MOST_NAMES), 2):
            value = pairs[at + 1]
            found.append((str(_said(value) or pairs[at]), value))
    for kid in list(node.get("/Kids", ()))[:_MOST_NAMES]:
        _walk(kid.get_object() if isinstance(kid, IndirectObject) else kid, found, depth + 1)


def _said(value: Any) -> str:
    """What the attachment is called by itself."""
    try:
        return str(value.get("/UF") or value.get("/F") or "")
    except AttributeError:
        return ""


if __name__ == "__main__":
    main()
