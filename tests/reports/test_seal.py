"""The seal: PDF/A stays what it is, poppler finds it good, an authority of time may come later or never."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pytest
import weasyprint
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.timestamps import DummyTimeStamper

from fieldservice.reports import keys
from fieldservice.reports.keys import Keyring, SealingTrouble, Terms
from fieldservice.reports.seal import NoTime, seal, seal_with, stamp_time, stamp_with

NOW = datetime.now(UTC).replace(microsecond=0)


@cache
def a_pdf(words: str = "服务报告") -> bytes:
    """A small PDF/A-3u with an attachment, made as reports are."""
    attached = weasyprint.Attachment(string='{"version":1}', name="evidence.json", relationship="Data")
    page = weasyprint.HTML(string=f"<html lang=zh><title>{words}</title><p>{words}</html>")
    found: bytes = page.write_pdf(pdf_variant="pdf/a-3u", attachments=[attached])
    return found


#: a seal asks nothing of the database
pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    found = Keyring(tmp_path_factory.mktemp("data") / "sealing", "")
    found.make(Terms("木言地板", timedelta(days=3650)), at=NOW)
    return found


def pdfsig(pdf: bytes, tmp_path: Path) -> str:
    """What poppler says of the seals of a file."""
    path = tmp_path / "looked-at.pdf"
    path.write_bytes(pdf)
    return subprocess.run(["pdfsig", path], capture_output=True, text=True, check=True).stdout


def the_time(at: datetime = NOW) -> DummyTimeStamper:
    """An authority of time in this process."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Time Authority")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1)).not_valid_after(at + timedelta(days=3650))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return DummyTimeStamper(
        tsa_cert=asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
        tsa_key=PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
        fixed_dt=at,
    )


class _TimeServer(BaseHTTPRequestHandler):
    """Answers as its server's `says` does."""

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        status, said = self.server.says(asked)  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_args: object) -> None: ...


@pytest.fixture
def time_server() -> Iterator[HTTPServer]:
    server, authority = HTTPServer(("127.0.0.1", 0), _TimeServer), the_time()

    def says(asked: bytes) -> tuple[int, bytes]:
        return 200, authority.request_tsa_response(tsp.TimeStampReq.load(asked)).dump()

    server.says = says  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_the_seal_certifies_the_whole_file_and_poppler_agrees(ring: Keyring, tmp_path: Path) -> None:
    pdf = seal_with(ring.load(), a_pdf(), at=NOW, place="https://service.example", reason="sealed")
    assert pdf.startswith(a_pdf()), "the file was written anew instead of sealed"
    said = pdfsig(pdf, tmp_path)
    for line in ("Signature is Valid", "Total document signed", "ETSI.CAdES.detached", "Hash Algorithm: SHA-256"):
        assert line in said
    (found,) = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures
    assert found.docmdp_level == MDPPerm.NO_CHANGES
    assert found.self_reported_timestamp == NOW
    assert str(found.sig_object["/Location"]) == "https://service.example"
    assert str(found.sig_object["/Reason"]) == "sealed"


def test_what_makes_it_pdf_a_is_still_there(ring: Keyring) -> None:
    sealed = seal_with(ring.load(), a_pdf(), at=NOW, place="x", reason="x")
    stamped, _at, _top = stamp_with(the_time(), sealed)
    before, after = (PdfFileReader(BytesIO(pdf)).root for pdf in (a_pdf(), stamped))
    assert stamped.startswith(b"%PDF-1.7"), "PDF/A-3 is PDF 1.7"
    assert "/Version" not in after
    assert after["/Metadata"].data == before["/Metadata"].data
    assert b"pdfaid" in after["/Metadata"].data
    assert after["/OutputIntents"] == before["/OutputIntents"]
    assert after["/AF"] == before["/AF"]
    for field in (one.get_object() for one in after["/AcroForm"]["/Fields"]):
        # ISO 19005-3, 6.3: printed, not hidden, no box (no appearance is needed then); 128: locked
        assert (field["/F"], [float(side) for side in field["/Rect"]]) == (132, [0, 0, 0, 0])
    assert "/NeedAppearances" not in after["/AcroForm"]


def test_whoever_opens_the_file_reads_what_the_seal_is_for(app, cast) -> None:
    (found,) = PdfFileReader(BytesIO(seal(a_pdf(), at=NOW))).embedded_regular_signatures
    assert "服务报告已封存" in str(found.sig_object["/Reason"])
    assert "sealed: any later change" in str(found.sig_object["/Reason"])
    assert str(found.sig_object["/ContactInfo"]) == f"{app.config['BASE_URL']}/verify"


def test_nothing_is_sealed_with_a_certificate_that_has_run_out(app, cast) -> None:
    until = keys.sealing_identity().certificate.not_valid_after_utc
    with pytest.raises(SealingTrouble) as error:
        seal(a_pdf(), at=until + timedelta(seconds=1))
    assert error.value.code == "seal_key_expired"


def test_a_late_time_stamp_stands_behind_the_seal(app, cast, time_server: HTTPServer, tmp_path: Path) -> None:
    app.config.update(TIME_STAMP_URL=f"http://127.0.0.1:{time_server.server_port}/tsa", OUTBOUND_PRIVATE=True)
    sealed = seal(a_pdf(), at=NOW)
    found = stamp_time(sealed)
    assert found is not None
    stamped, at = found
    assert at == NOW
    assert stamped.startswith(sealed), "the sealed file is a part of the stamped one, byte for byte"
    reader = PdfFileReader(BytesIO(stamped))
    assert (len(reader.embedded_regular_signatures), len(reader.embedded_timestamp_signatures)) == (1, 1)
    said = pdfsig(stamped, tmp_path)
    first, second = said.split("Signature #2")
    assert "Signature is Valid" in first, said
    assert "Total document signed" in second, said
    assert [one.role for one in keys.keyring().known()][-1] == keys.ROLE_TIME
    stamp_time(sealed)
    assert [one.role for one in keys.keyring().known()].count(keys.ROLE_TIME) == 1


def test_no_authority_no_time(app, cast) -> None:
    assert stamp_time(seal(a_pdf(), at=NOW)) is None


def _nobody(_server: HTTPServer) -> str:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


@pytest.mark.parametrize(
    ("says", "code"),
    [
        (lambda _asked: (503, b""), "stamp_refused"),
        (lambda _asked: (200, b"<html>no time here"), "stamp_unreadable"),
        (lambda _asked: (200, b"x" * 100_000), "stamp_refused"),
        (lambda _asked: (200, b""), "stamp_unreadable"),
    ],
)
def test_an_authority_that_fails_is_said(app, cast, time_server: HTTPServer, says: object, code: str) -> None:
    time_server.says = says  # type: ignore[attr-defined]
    app.config.update(TIME_STAMP_URL=f"http://127.0.0.1:{time_server.server_port}/", OUTBOUND_PRIVATE=True)
    with pytest.raises(NoTime) as error:
        stamp_time(seal(a_pdf(), at=NOW))
    assert error.value.code == code


def test_an_authority_that_is_not_there_or_inside_the_network_is_said(app, cast, time_server: HTTPServer) -> None:
    app.config.update(TIME_STAMP_URL=_nobody(time_server), OUTBOUND_PRIVATE=True)
    with pytest.raises(NoTime) as error:
        stamp_time(seal(a_pdf(), at=NOW))
    assert error.value.code == "stamp_refused"
    app.config.update(TIME_STAMP_URL="https://127.0.0.1/", OUTBOUND_PRIVATE=False)
    with pytest.raises(NoTime) as error:
        stamp_time(seal(a_pdf(), at=NOW))
    assert error.value.code == "stamp_refused"


def test_a_stamp_over_something_else_is_refused(ring: Keyring) -> None:
    class Liar(DummyTimeStamper):
        """Dates another file."""

        def request_cms(self, message_digest: bytes, md_algorithm: str) -> tuple[object, object]:
            return super().request_cms(bytes(len(message_digest)), md_algorithm)

    liar, honest = the_time(), the_time()
    liar.__class__ = Liar
    sealed = seal_with(ring.load(), a_pdf(), at=NOW, place="x", reason="x")
    with pytest.raises(NoTime) as error:
        stamp_with(liar, sealed)
    assert error.value.code == "stamp_wrong"
    assert stamp_with(honest, sealed)[0].startswith(sealed)
