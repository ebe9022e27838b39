"""Files that are made to hurt whoever opens them: an answer in words, in bounded memory and time."""

import os
import signal
import zlib
from pathlib import Path

import pytest

from fieldservice.core import clock
from fieldservice.verification import checks, reading
from fieldservice.verification.attachment import read_attachment
from tests.verification.sealed import at_path


def judged(pdf: bytes, folder: Path) -> checks.Outcome:
    found = reading.read(at_path(folder, pdf), roots=())
    assert found.peak_kb < 700_000
    return checks.judge(found, None, checks.Knowledge(at=clock.now()))


def a_file(*objects: bytes, root: int = 1, more: bytes = b"") -> bytes:
    """A PDF of these objects with an honest table."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root %d 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, more, table)
    return bytes(out)


def deep() -> bytes:
    return a_file(b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields 2 0 R>>>>", b"[" * 200_000 + b"]" * 200_000)


def circle() -> bytes:
    return a_file(b"<</Type/Catalog/AcroForm<</Fields[2 0 R]>>/Names<</EmbeddedFiles 2 0 R>>>>",
                  b"<</Kids[2 0 R 2 0 R 2 0 R]/T(a)/FT/Sig>>")  # fmt: skip


def huge_table() -> bytes:
    return (b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\nxref\n0 999999999\n0000000000 65535 f \n"
            b"trailer<</Size 999999999/Root 1 0 R>>\nstartxref\n40\n%%EOF\n")  # fmt: skip


def bomb() -> bytes:
    packed = bytes(200_000_000)
    for _layer in range(2):
        packed = zlib.compress(packed, 9)
    head = b"<</Type/EmbeddedFile/Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n" % len(packed)
    stream = head + packed + b"\nendstream"
    return a_file(b"<</Type/Catalog/Names<</EmbeddedFiles<</Names[(evidence.json) 2 0 R]>>>>>>",
                  b"<</Type/Filespec/F(evidence.json)/UF(evidence.json)/EF<</F 3 0 R>>>>", stream)  # fmt: skip


def encrypted() -> bytes:
    key = b"<</Filter/Standard/V 2/R 3/Length 128/P -4/O<%s>/U<%s>>>" % (b"00" * 32, b"00" * 32)
    return a_file(b"<</Type/Catalog>>", key, more=b"/Encrypt 2 0 R/ID[<00><00>]")


def many_seals() -> bytes:
    fields = b" ".join(b"%d 0 R" % number for number in range(2, 402))
    one = b"<</FT/Sig/T(s)/V<</Type/Sig/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<30>>>>>"
    return a_file(b"<</Type/Catalog/AcroForm<</Fields[" + fields + b"]>>>>", *[one] * 400)


@pytest.mark.parametrize(
    ("make", "verdicts"),
    [
        (deep, {"too_heavy", "unreadable", "seal_missing"}), (circle, {"too_heavy", "unreadable", "seal_missing"}),
        (huge_table, {"too_heavy", "unreadable"}), (bomb, {"seal_missing", "too_heavy", "unreadable"}),
        (encrypted, {"encrypted"}), (many_seals, {"changed", "too_heavy"}),
        (lambda: b"", {"not_pdf"}), (lambda: b"%PDF-", {"cut"}), (lambda: os.urandom(100_000), {"not_pdf"}),
    ],
)  # fmt: skip
def test_it_is_answered_in_bounds(tmp_path: Path, make, verdicts: set[str]) -> None:
    found = judged(make(), tmp_path)
    assert found.verdict in verdicts
    assert not found.is_good


def test_a_reader_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch) -> None:
    """The next file finds another one."""
    reader = reading._readers._take()
    os.kill(reader.pid, signal.SIGSTOP)
    monkeypatch.setattr(reading._readers, "_take", lambda: reader)
    monkeypatch.setattr(reading._readers, "_patience_seconds", 0.2)
    with pytest.raises(reading.NoReading):
        reading.read(at_path(tmp_path, b"no"), roots=())
    monkeypatch.undo()
    assert reader.poll() is not None, "it is not left behind"
    assert reading.read(at_path(tmp_path, b"no"), roots=()).fault == "not_pdf"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "[" * 100_000, '{"version":1}', '{"version":1,"version":1}', '{"a":NaN}', '"\\ud800"', "{" * 31],
)
def test_an_attachment_that_is_none_is_none(text: str) -> None:
    assert read_attachment(text) is None
