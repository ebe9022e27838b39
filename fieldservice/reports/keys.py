"""What reports are sealed with: made at first start, or given out by a licensed authority; old ones are known for ever.

Everything lies in `DATA_DIR/sealing`: `seal.p12` (the key that seals now, its certificate and those above it),
`root.p12` (the key of our own root: needed to rotate, may be kept elsewhere), `certificates.json` (every certificate
that ever sealed here, and the roots). The folder comes into its place whole, once. What is missing or damaged in it is
said; a new key is never made in its place, for reports would then be sealed by somebody nobody has compared.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from flask import current_app

from fieldservice.branches.queries import head_office
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import AppError
from fieldservice.core.files import sync_folder
from fieldservice.reports import certificates
from fieldservice.reports.certificates import Facts, PrivateKey, facts_of, fingerprint_of
from fieldservice.reports.models import Report

FOLDER = "sealing"
SEAL = "seal.p12"
ROOT = "root.p12"
CERTIFICATES = "certificates.json"

MADE = "made"
IMPORTED = "imported"
SHOWN = "shown"
ROLE_SEAL = "seal"
ROLE_ROOT = "root"
ROLE_BETWEEN = "between"
#: the highest certificate that an authority of time has shown when it dated a report of ours
ROLE_TIME = "time"

#: a seal made on the last day of this span still outlives the time its report is kept
USED_FOR = timedelta(days=3 * 365)
#: a root outlives several seals
ROOT_FOR = timedelta(days=30 * 365)
_YEAR = timedelta(days=365)


class SealingTrouble(AppError):
    """Nothing can be sealed; the code says why. Reports wait until it is mended."""

    status = 503


class BadKeyFile(AppError):
    """A file that was to be imported cannot be used; the code says why. Nothing was changed."""

    status = 422


@dataclass(frozen=True)
class Identity:
    """What seals now."""

    key: PrivateKey
    certificate: x509.Certificate
    #: from who certified it up to the root
    chain: tuple[x509.Certificate, ...]
    #: whether the file is encrypted
    is_encrypted: bool

    @property
    def root(self) -> x509.Certificate:
        return self.chain[-1]


@dataclass(frozen=True)
class Known:
    """A certificate that seals here, or did, or stands above one that does."""

    certificate: x509.Certificate
    #: 'seal', 'root', 'between', 'time'
    role: str
    #: 'made' here, or 'imported'; 'shown' by an authority of time
    origin: str
    since_at: datetime

    @cached_property
    def facts(self) -> Facts:
        return facts_of(self.certificate)


@dataclass(frozen=True)
class Terms:
    """How long things last, and in whose name."""

    organisation: str
    #: how long a report is kept
    keep: timedelta


class Keyring:
    """The files of one installation."""

    def __init__(self, folder: Path, passphrase: str) -> None:
        self.folder = folder
        self._passphrase = passphrase.encode() or None

    @property
    def is_there(self) -> bool:
        """Whether something was made or imported already, whole or not."""
        return self.folder.exists()

    @property
    def has_root_key(self) -> bool:
        """Whether our own root can certify here."""
        return (self.folder / ROOT).exists()

    def load(self) -> Identity:
        """What seals now. Raises SealingTrouble."""
        return self._opened(SEAL)

    def make(self, terms: Terms, *, at: datetime) -> None:
        """Root and seal, unless something is there already; several at once make one."""
        with self._locked():
            if self.is_there:
                return
            draft = self.folder.with_name(f".{self.folder.name}.{secrets.token_hex(4)}")
            draft.mkdir(mode=0o700)
            root_key, root = _new_root(terms, at)
            key, leaf = _new_leaf(root, root_key, terms, at)
            known = [Known(leaf, ROLE_SEAL, MADE, at), Known(root, ROLE_ROOT, MADE, at)]
            _write(draft / ROOT, self._sealed_file(root_key, root, []))
            _write(draft / CERTIFICATES, _known_text(known))
            _write(draft / SEAL, self._sealed_file(key, leaf, [root]))
            sync_folder(draft)
            draft.rename(self.folder)
            sync_folder(self.folder.parent)

    def rotate(self, terms: Terms, *, new_root: bool, at: datetime) -> Identity:
        """A new key seals from now on; what was sealed before still verifies. Raises SealingTrouble.

        Under the present root when its key is here; `new_root` makes that anew too (when it was lost or stolen).
        """
        with self._locked():
            known = self.known()
            root_key: PrivateKey
            if new_root:
                root_key, root = _new_root(terms, at)
                known.append(Known(root, ROLE_ROOT, MADE, at))
            else:
                opened = self._opened(ROOT)
                root_key, root = opened.key, opened.certificate
            key, leaf = _new_leaf(root, root_key, terms, at)
            # known first: whatever is cut off, nothing is ever sealed by what is not known
            self._put(CERTIFICATES, _known_text([*known, Known(leaf, ROLE_SEAL, MADE, at)]))
            if new_root:
                self._put(ROOT, self._sealed_file(root_key, root, []))
            self._put(SEAL, self._sealed_file(key, leaf, [root]))
            return self.load()

    def take(self, content: bytes, passphrase: str, *, more: bytes = b"", at: datetime) -> Identity:
        """Seals from now on with the key of a PKCS#12 file. `more`: certificates above it, PEM, where the file has none.
        Raises BadKeyFile, nothing changed.
        """
        key, leaf, chain = _read_import(content, passphrase, more, at)
        with self._locked():
            known = self.known() if self.is_there else []
            roles = [*([ROLE_BETWEEN] * (len(chain) - 1)), ROLE_ROOT]
            fresh = [Known(leaf, ROLE_SEAL, IMPORTED, at)]
            fresh += [Known(one, role, IMPORTED, at) for one, role in zip(chain, roles, strict=True)]
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self._put(CERTIFICATES, _known_text(_without_twins([*known, *fresh])))
            self._put(SEAL, self._sealed_file(key, leaf, chain))
            return self.load()

    def protect(self, before: str) -> None:
        """Writes both files anew under the passphrase that is set now. `before`: the old one. Raises SealingTrouble."""
        old = Keyring(self.folder, before)
        with self._locked():
            for name in (SEAL, ROOT):
                if not (self.folder / name).exists() and name == ROOT:
                    continue
                found = old._opened(name)
                chain = [] if name == ROOT else list(found.chain)
                self._put(name, self._sealed_file(found.key, found.certificate, chain))

    def know_authority(self, certificate: x509.Certificate) -> None:
        """Remembers who dates our reports: it came from the address the administrator chose."""
        if any(one.certificate == certificate and one.role == ROLE_TIME for one in self.known()):
            return
        with self._locked():
            fresh = Known(certificate, ROLE_TIME, SHOWN, clock.now())
            self._put(CERTIFICATES, _known_text(_without_twins([*self.known(), fresh])))

    def known(self) -> list[Known]:
        """Every certificate that ever sealed here, and those above; the oldest first. Raises SealingTrouble."""
        path = self.folder / CERTIFICATES
        try:
            given = json.loads(path.read_text())["certificates"]
            return [
                Known(
                    x509.load_pem_x509_certificate(one["pem"].encode()), str(one["role"]), str(one["origin"]),
                    datetime.fromisoformat(one["since"]),
                )
                for one in given
            ]  # fmt: skip
        except FileNotFoundError as error:
            raise SealingTrouble("seal_key_missing", file=str(path)) from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SealingTrouble("seal_key_damaged", file=str(path)) from error

    def _opened(self, name: str) -> Identity:
        path = self.folder / name
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise SealingTrouble("seal_key_missing", file=str(path)) from error
        except OSError as error:
            raise SealingTrouble("seal_key_unreadable", file=str(path), why=error.strerror) from error
        found, is_encrypted = self._decrypted(path, content)
        key, leaf = found.key, _certificate_of(found)
        if leaf is None or certificates.key_fault(key, leaf):
            raise SealingTrouble("seal_key_damaged", file=str(path))
        chain = certificates.chain_of(leaf, [one.certificate for one in found.additional_certs])
        if chain is None:
            raise SealingTrouble("seal_key_damaged", file=str(path))
        assert isinstance(key, PrivateKey)
        return Identity(key, leaf, tuple(chain or [leaf]), is_encrypted)

    def _decrypted(self, path: Path, content: bytes) -> tuple[pkcs12.PKCS12KeyAndCertificates, bool]:
        """The file's content; whether it was encrypted."""
        try:
            return _load(content, None), False
        except ValueError:
            pass  # encrypted, or damaged: told apart below
        try:
            return _load(content, self._passphrase), True
        except ValueError as error:
            code = "seal_key_locked" if _is_p12(content) else "seal_key_damaged"
            raise SealingTrouble(code, file=str(path)) from error

    def _sealed_file(self, key: PrivateKey, leaf: x509.Certificate, chain: list[x509.Certificate]) -> bytes:
        return pkcs12.serialize_key_and_certificates(b"service reports", key, leaf, chain, self._encryption())

    def _encryption(self) -> KeySerializationEncryption:
        if self._passphrase is None:
            return NoEncryption()
        return (
            PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(100_000)
            .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
            .hmac_hash(hashes.SHA256())
            .build(self._passphrase)
        )

    def _put(self, name: str, content: bytes) -> None:
        draft = self.folder / f".{name}.{secrets.token_hex(4)}"
        _write(draft, content)
        draft.replace(self.folder / name)
        sync_folder(self.folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.folder.with_name(f"{FOLDER}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def keyring() -> Keyring:
    """Of the installation that runs."""
    return Keyring(current_app.config["DATA_DIR"] / FOLDER, current_app.config["KEY_PASSPHRASE"])


def sealing_identity() -> Identity:
    """What seals now; made when nothing ever was. Raises SealingTrouble."""
    ring = keyring()
    ensure(ring)
    return _cached(ring)


def ensure(ring: Keyring) -> None:
    """Makes root and seal at the first start. Raises SealingTrouble when they were there once and are gone."""
    if ring.is_there:
        return
    if db.session.scalar(sa.select(sa.exists().where(Report.sealed_at.is_not(None)))):
        raise SealingTrouble("seal_key_missing", file=str(ring.folder / SEAL))
    ring.make(terms(), at=clock.now())


def terms() -> Terms:
    """In the name of head office, for as long as reports are kept."""
    office = head_office()
    return Terms(office.name if office else "", current_app.config["REPORT_KEEP_YEARS"] * _YEAR)


def is_ending(identity: Identity, *, at: datetime) -> bool:
    """Whether a report sealed now would be kept longer than the certificate lasts: time to rotate."""
    return identity.certificate.not_valid_after_utc < at + terms().keep


def _cached(ring: Keyring) -> Identity:
    """Opening takes a while, by design, when the file is encrypted; a rotation by another process is noticed."""
    path = ring.folder / SEAL
    try:
        found = path.stat()
    except OSError as error:
        raise SealingTrouble("seal_key_missing", file=str(path)) from error
    mark = (found.st_ino, found.st_mtime_ns, found.st_size, current_app.config["KEY_PASSPHRASE"])
    kept: tuple[Any, Identity] | None = current_app.extensions.get("sealing_identity")
    if kept is None or kept[0] != mark:
        kept = current_app.extensions["sealing_identity"] = (mark, ring.load())
    return kept[1]


def _new_root(terms: Terms, at: datetime) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = certificates.new_key()
    until = at + max(ROOT_FOR, terms.keep + 2 * USED_FOR)
    return key, certificates.make_root(key, organisation=terms.organisation, at=at, until=until)


def _new_leaf(
    root: x509.Certificate, root_key: PrivateKey, terms: Terms, at: datetime
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = certificates.new_key()
    until = at + terms.keep + USED_FOR
    leaf = certificates.make_leaf(key, root, root_key, organisation=terms.organisation, at=at, until=until)
    return key, leaf


def _read_import(
    content: bytes, passphrase: str, more: bytes, at: datetime
) -> tuple[PrivateKey, x509.Certificate, list[x509.Certificate]]:
    """Key, certificate and those above it. Raises BadKeyFile."""
    try:
        found = _load(content, passphrase.encode() or None)
    except ValueError as error:
        raise BadKeyFile("p12_passphrase" if _is_p12(content) else "p12_unreadable") from error
    if found.key is None:
        raise BadKeyFile("p12_no_key")
    leaf = _certificate_of(found)
    if leaf is None:
        raise BadKeyFile("p12_no_key")
    fault = certificates.key_fault(found.key, leaf) or certificates.use_fault(leaf, at=at)
    if fault:
        raise BadKeyFile(fault, subject=leaf.subject.rfc4514_string(), until=f"{leaf.not_valid_after_utc:%Y-%m-%d}")
    others = [one.certificate for one in found.additional_certs] + _pem_certificates(more)
    chain = certificates.chain_of(leaf, others)
    if not chain:
        raise BadKeyFile("p12_chain_missing", issuer=_top(leaf, others).issuer.rfc4514_string())
    assert isinstance(found.key, PrivateKey)
    return found.key, leaf, chain


def _top(leaf: x509.Certificate, others: list[x509.Certificate]) -> x509.Certificate:
    """The highest certificate that is there: the one above it is missing."""
    for _ in others:
        leaf = next((one for one in others if one != leaf and certificates.is_issuer(one, leaf)), leaf)
    return leaf


def _pem_certificates(content: bytes) -> list[x509.Certificate]:
    if not content:
        return []
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError as error:
        raise BadKeyFile("p12_chain_unreadable") from error


def _load(content: bytes, passphrase: bytes | None) -> pkcs12.PKCS12KeyAndCertificates:
    """Raises ValueError, whatever is wrong."""
    try:
        return pkcs12.load_pkcs12(content, passphrase)
    except ValueError:
        raise
    except Exception as error:  # kinds of keys and ciphers that the library does not know
        raise ValueError(str(error)) from error


def _certificate_of(found: pkcs12.PKCS12KeyAndCertificates) -> x509.Certificate | None:
    return found.cert.certificate if found.cert else None


def _is_p12(content: bytes) -> bool:
    """Whether it is whole and of this format, so that only the passphrase can be wrong: a sequence with version 3."""
    if content[:1] != b"\x30" or len(content) < 12:
        return False
    first = content[1]
    width = first & 0x7F if first & 0x80 else 0
    length = int.from_bytes(content[2 : 2 + width]) if width else first
    start = 2 + width
    return len(content) == start + length and content[start : start + 3] == b"\x02\x01\x03"


def _without_twins(known: list[Known]) -> list[Known]:
    """Each certificate once: as it was known first."""
    found: dict[tuple[str, str], Known] = {}
    for one in known:
        found.setdefault((fingerprint_of(one.certificate), one.role), one)
    return list(found.values())


def _known_text(known: list[Known]) -> bytes:
    given = [
        {"role": one.role, "origin": one.origin, "since": one.since_at.isoformat(),
         "pem": certificates.pem_of(one.certificate)}
        for one in known
    ]  # fmt: skip
    return json.dumps({"format": 1, "certificates": given}, indent=1).encode()


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
