"""The seal of a service report: a signature of the whole file by this installation, after which nothing may change.

PAdES, certified with "no changes": the only thing a good file may have behind it are time stamps. PDF/A stays PDF/A: one
incremental update with an invisible field.
"""

import asyncio
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from typing import Any

from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import current_app
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, PdfTimeStamper, SimpleSigner
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from fieldservice.core import i18n, outbound
from fieldservice.core.errors import AppError
from fieldservice.core.i18n import gettext as _
from fieldservice.reports.keys import Identity, SealingTrouble, keyring, sealing_identity

FIELD = "Seal"
_DIGEST = "sha256"
#: whom an authority of time belongs to is asked when a report is verified
_NOBODY = ValidationContext(trust_roots=[], allow_fetching=False)
#: an answer of an authority, with its certificates
_MOST_ANSWER_BYTES = 64 * 1024


class NoTime(AppError):
    """The authority gave no time stamp; the code says why. The report stands without one and is tried again."""

    status = 503


def seal(pdf: bytes, *, at: datetime) -> bytes:
    """The same file, sealed. Raises SealingTrouble when there is no key to seal with."""
    identity = sealing_identity()
    if at >= identity.certificate.not_valid_after_utc:
        raise SealingTrouble("seal_key_expired", until=f"{identity.certificate.not_valid_after_utc:%Y-%m-%d}")
    return seal_with(identity, pdf, at=at, place=current_app.config["BASE_URL"], reason=_reason())


def seal_with(identity: Identity, pdf: bytes, *, at: datetime, place: str, reason: str) -> bytes:
    """As `seal`, with this key. `place`: where the seal can be verified; `reason`: what readers say it is for."""
    meta = PdfSignatureMetadata(
        field_name=FIELD, md_algorithm=_DIGEST, subfilter=SigSeedSubFilter.PADES, certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES, reason=reason, location=place, contact_info=f"{place}/verify",
    )  # fmt: skip
    signer = _AtSigner(meta, _signer(identity))
    signer.at = at
    out: BytesIO = signer.sign_pdf(_Untouched(BytesIO(pdf)))
    return out.getvalue()


def _reason() -> str:
    """In both languages: whoever opens the file sees it, in whichever program."""
    said = []
    for language in i18n.LANGUAGES:
        with i18n.speaking(language):
            said.append(_("Service report, sealed: any later change can be found out"))
    return " / ".join(said)


def stamp_time(pdf: bytes) -> tuple[bytes, datetime] | None:
    """The sealed file with a time stamp of the authority behind it, and that time; None: no authority is set. Raises
    NoTime, within seconds.
    """
    address = current_app.config["TIME_STAMP_URL"]
    if not address:
        return None
    stamped, at, top = stamp_with(_authority(address, allow_private=current_app.config["OUTBOUND_PRIVATE"]), pdf)
    keyring().know_authority(top)
    return stamped, at


def stamp_with(authority: TimeStamper, pdf: bytes) -> tuple[bytes, datetime, x509.Certificate]:
    """The file with a stamp behind it, its time, and the highest certificate that the authority showed. Raises NoTime."""
    writer = _Untouched(BytesIO(pdf))
    try:
        out: BytesIO = PdfTimeStamper(authority).timestamp_pdf(writer, _DIGEST)
    except OSError as error:  # what pyHanko's time stampers raise, ours too
        raise NoTime("stamp_refused", why=str(error)) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise NoTime("stamp_unreadable") from error
    stamped = out.getvalue()
    return stamped, *_checked_stamp(pdf, stamped)


def _checked_stamp(pdf: bytes, stamped: bytes) -> tuple[datetime, x509.Certificate]:
    """What an authority sends is believed only when it dates this very file."""
    from pyhanko.sign.validation.generic_cms import validate_tst_signed_data

    try:
        found: EmbeddedPdfSignature = PdfFileReader(BytesIO(stamped)).embedded_timestamp_signatures[-1]
        found.compute_integrity_info(skip_diff=True)
        status = asyncio.run(validate_tst_signed_data(found.signed_data, _NOBODY, found.compute_digest))
        is_good = status["intact"] and status["valid"]
        at: datetime = status["timestamp"].astimezone(UTC)
        certificates = [found.signer_cert, *found.other_embedded_certs]
    except Exception as error:  # whatever a broken token makes the libraries raise
        raise NoTime("stamp_unreadable") from error
    if not is_good or not stamped.startswith(pdf):
        raise NoTime("stamp_wrong")
    return at, _top_of(certificates)


def _top_of(certificates: list[asn1_x509.Certificate]) -> x509.Certificate:
    """The last above the first, as far as the token shows it."""
    top = certificates[0]
    for _one in certificates:
        top = next((one for one in certificates if one != top and one.subject == top.issuer), top)
    return x509.load_der_x509_certificate(top.dump())


class _Untouched(IncrementalPdfFileWriter):
    """Adds to a file and leaves what it says of itself as it was: what makes it PDF/A stands there."""

    def _update_meta(self) -> None: ...


class _AtSigner(PdfSigner):
    """Seals with the moment that is given, not with the clock's."""

    at: datetime

    def register_extensions(self, pdf_out: BasePdfFileWriter, *, md_algorithm: str) -> None:
        """Only that of PAdES: pyHanko would also raise the file to PDF 2.0 because of P-256, and PDF/A-3 is PDF 1.7."""
        pdf_out.register_extension(ESIC_EXTENSION_1)

    def init_signing_session(self, *args: Any, **given: Any) -> Any:
        """As pyHanko's, with our moment."""
        session = super().init_signing_session(*args, **given)
        session.system_time = self.at
        return session


@lru_cache(maxsize=1)
def _authority(address: str, *, allow_private: bool) -> "_Authority":
    """Kept: how much room its answers take is asked once."""
    return _Authority(address, allow_private=allow_private)


class _Authority(TimeStamper):
    """An authority behind an address."""

    def __init__(self, address: str, *, allow_private: bool) -> None:
        super().__init__()
        self._address = address
        self._allow_private = allow_private

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Asks once, for seconds at most. Raises OSError."""
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        try:
            status, said = outbound.ask(
                self._address, req.dump(), headers, allow_private=self._allow_private, most_bytes=_MOST_ANSWER_BYTES
            )
        except (outbound.Refused, outbound.Failed) as error:
            raise OSError(str(error)) from error
        if status != 200:
            raise OSError(f"the authority answered {status}")
        return tsp.TimeStampResp.load(said, strict=True)


def _signer(identity: Identity) -> SimpleSigner:
    store = SimpleCertificateStore()
    store.register_multiple([_translated(one) for one in identity.chain])
    key = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return SimpleSigner(
        signing_cert=_translated(identity.certificate), signing_key=PrivateKeyInfo.load(key), cert_registry=store
    )


def _translated(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
