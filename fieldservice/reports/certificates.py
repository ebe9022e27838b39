"""Certificates of the seal: made here, or read out of a file that a licensed authority gave out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

#: RFC 9336
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
#: what a certificate that limits its uses must allow, one of them: documents, mail, anything; Microsoft's and Adobe's own
SEALS = frozenset({
    DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    ObjectIdentifier("1.3.6.1.4.1.311.10.3.12"), ObjectIdentifier("1.2.840.113583.1.1.5"),
})  # fmt: skip

#: clocks of other machines may be behind
_SLACK = timedelta(days=1)
_LEAST_RSA_BITS = 2048
_LONGEST_CHAIN = 8


@dataclass(frozen=True)
class Facts:
    """What a person compares."""

    #: whom it names
    subject: str
    issuer: str
    #: SHA-256 of the certificate, 64 hex digits
    fingerprint: str
    from_at: datetime
    until_at: datetime


def new_key() -> ec.EllipticCurvePrivateKey:
    """A key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def make_root(key: ec.EllipticCurvePrivateKey, *, organisation: str, at: datetime, until: datetime) -> x509.Certificate:
    """The authority of this installation alone, which certifies its seals and nothing else."""
    mark = _mark_of(key)
    name = _name(f"Service reports, root {mark}", organisation)
    builder = _builder(name, name, key, at, until)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    return builder.sign(key, hashes.SHA256())


def make_leaf(
    key: ec.EllipticCurvePrivateKey, root: x509.Certificate, root_key: PrivateKey, *, organisation: str, at: datetime,
    until: datetime,
) -> x509.Certificate:  # fmt: skip
    """What reports are sealed with: digitalSignature and nonRepudiation, for documents and (some readers ask) mail."""
    name = _name(f"Service report seal {_mark_of(key)}", organisation)
    builder = _builder(name, root.subject, key, at, min(until, root.not_valid_after_utc))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    uses = x509.ExtendedKeyUsage([DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION])
    builder = builder.add_extension(uses, critical=False)
    issuer = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer)
    return builder.add_extension(authority, critical=False).sign(root_key, hashes.SHA256())


def facts_of(certificate: x509.Certificate) -> Facts:
    """What stands in it."""
    return Facts(
        certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string(), fingerprint_of(certificate),
        certificate.not_valid_before_utc, certificate.not_valid_after_utc,
    )  # fmt: skip


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 of its bytes in 64 hex digits."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def spaced(fingerprint: str) -> str:
    """'3F2A 09…': as people compare it."""
    return " ".join(fingerprint[start : start + 4].upper() for start in range(0, len(fingerprint), 4))


def pem_of(certificate: x509.Certificate) -> str:
    """As text between lines of dashes."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def key_fault(key: object, certificate: x509.Certificate) -> str:
    """Why this key cannot seal for this certificate: a code; '' when it can."""
    if isinstance(key, rsa.RSAPrivateKey):
        is_good = key.key_size >= _LEAST_RSA_BITS
    else:
        is_good = isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(
            key.curve, (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
        )
    if not is_good:
        return "p12_key_kind"
    return "" if _public_bytes(key.public_key()) == _public_bytes(certificate.public_key()) else "p12_key_differs"  # type: ignore[attr-defined]


def use_fault(certificate: x509.Certificate, *, at: datetime) -> str:
    """Why nothing can be sealed with this certificate: a code; '' when it can."""
    if not certificate.not_valid_before_utc <= at:
        return "p12_not_yet"
    if at >= certificate.not_valid_after_utc:
        return "p12_expired"
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return "p12_no_usage"
    if not (usage.digital_signature and usage.content_commitment):
        return "p12_no_usage"
    try:
        uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return ""
    return "" if SEALS & set(uses) else "p12_other_use"


def chain_of(leaf: x509.Certificate, others: list[x509.Certificate]) -> list[x509.Certificate] | None:
    """From who certified the leaf up to a root that certified itself; None when one of them is missing."""
    chain: list[x509.Certificate] = []
    present = leaf
    while not is_root(present):
        above = next((one for one in others if is_issuer(one, present) and one not in chain), None)
        if above is None or len(chain) == _LONGEST_CHAIN:
            return None
        chain.append(above)
        present = above
    return chain


def is_root(certificate: x509.Certificate) -> bool:
    """Whether it certifies itself."""
    return is_issuer(certificate, certificate)


def is_issuer(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether `issuer` has signed `certificate`, and may sign certificates unless it is the same one."""
    if issuer != certificate and not _may_certify(issuer):
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _may_certify(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _builder(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, at: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before((at - _SLACK).astimezone(UTC))
        .not_valid_after(until.astimezone(UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, content_commitment=not signs_certificates, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name(common: str, organisation: str) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organisation:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]))
    return x509.Name(parts)


def _mark_of(key: ec.EllipticCurvePrivateKey) -> str:
    """Tells two certificates of one name apart."""
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest.hex()[:8]


def _public_bytes(key: object) -> bytes:
    found: bytes = key.public_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return found
