"""A certificate authority of this machine alone, and a certificate for its present addresses.

Phones give an installed application, its service worker and its camera only to pages over TLS they trust.
Kept in one folder: `ca.crt`, `ca.key`, `server.crt`, `server.key`; the keys are readable by their owner only.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_LIFE = dt.timedelta(days=3650)
LEAF_LIFE = dt.timedelta(days=396)  # phones refuse more than 397/398 days
RENEW_BEFORE = dt.timedelta(days=30)
CLOCK_DIFFERENCE = dt.timedelta(hours=12)  # a phone whose clock is behind must not see "not yet valid"


@dataclass(frozen=True)
class Certificates:
    """Where the three files a server needs are."""

    ca_file: Path
    certificate_file: Path
    key_file: Path


@dataclass(frozen=True)
class _Pair:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def ensure_certificates(
    folder: Path, *, names: list[str], addresses: list[str], now: dt.datetime
) -> Certificates:
    """Files for a server known by these names and addresses; made anew only when they no longer fit.

    `now` is aware UTC. The authority is kept for its ten years, so a phone trusts it once.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = _read(folder / "ca") or _new_authority(folder / "ca", now)
    if authority.certificate.not_valid_after_utc < now + LEAF_LIFE:
        authority = _new_authority(folder / "ca", now)
    wanted = _subject_names(names, addresses)
    leaf = _read(folder / "server")
    if leaf is None or not _still_fits(leaf.certificate, authority, wanted, now):
        _new_leaf(folder / "server", authority, wanted, now)
    return Certificates(folder / "ca.crt", folder / "server.crt", folder / "server.key")


def _subject_names(names: list[str], addresses: list[str]) -> list[x509.GeneralName]:
    return [
        *(x509.DNSName(name) for name in sorted(set(names))),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in sorted(set(addresses))),
    ]


def _still_fits(
    leaf: x509.Certificate, authority: _Pair, wanted: list[x509.GeneralName], now: dt.datetime
) -> bool:
    named = list(leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    try:
        leaf.verify_directly_issued_by(authority.certificate)
    except Exception:  # any failure, of whatever kind, means: not from this authority
        return False
    return named == wanted and leaf.not_valid_after_utc - RENEW_BEFORE > now


def _new_authority(stem: Path, now: dt.datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Field service on this machine")
    certificate = (
        _builder(name, name, key, now, CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _write(stem, _Pair(certificate, key))


def _new_leaf(stem: Path, authority: _Pair, wanted: list[x509.GeneralName], now: dt.datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    certificate = (
        _builder(_name("Field service"), authority.certificate.subject, key, now, LEAF_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(wanted), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return _write(stem, _Pair(certificate, key))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: dt.datetime,
    life: dt.timedelta,
) -> x509.CertificateBuilder:
    start = now - CLOCK_DIFFERENCE
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _read(stem: Path) -> _Pair | None:
    """The pair in `stem.crt` and `stem.key`; None if it is missing, damaged or of another kind."""
    try:
        certificate = x509.load_pem_x509_certificate(stem.with_suffix(".crt").read_bytes())
        key = serialization.load_pem_private_key(stem.with_suffix(".key").read_bytes(), password=None)
    except (OSError, ValueError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        return None
    return _Pair(certificate, key)


def _write(stem: Path, pair: _Pair) -> _Pair:
    private = pair.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _replace(stem.with_suffix(".key"), private, mode=0o600)
    _replace(stem.with_suffix(".crt"), pair.certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)
    return pair


def _replace(path: Path, content: bytes, *, mode: int) -> None:
    """Write beside and rename, so that a half-written key is never found."""
    handle, beside = tempfile.mkstemp(dir=path.parent)  # made 0600
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), mode)
    os.replace(beside, path)
