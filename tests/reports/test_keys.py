"""The keys that seal: made once, never silently anew, imported or rotated with what was sealed before still known."""

import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fieldservice.core import secrets_file
from fieldservice.reports import certificates, keys
from fieldservice.reports.keys import BadKeyFile, Keyring, SealingTrouble, Terms
from fieldservice.reports.models import Report

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
TERMS = Terms("木言地板", timedelta(days=3650))


def ring(folder: Path, passphrase: str = "") -> Keyring:
    return Keyring(folder / "sealing", passphrase)


def made(folder: Path, passphrase: str = "") -> Keyring:
    found = ring(folder, passphrase)
    found.make(TERMS, at=NOW)
    return found


def _make(folder: Path, start: object) -> None:
    start.wait()  # type: ignore[attr-defined]
    ring(folder).make(TERMS, at=NOW)


def test_several_processes_that_start_at_once_make_one_key(tmp_path: Path) -> None:
    start = multiprocessing.Event()
    all_of_them = [multiprocessing.get_context("fork").Process(target=_make, args=(tmp_path, start)) for _ in range(6)]
    for one in all_of_them:
        one.start()
    start.set()
    for one in all_of_them:
        one.join()
    known = ring(tmp_path).known()
    assert [one.role for one in known] == ["seal", "root"]
    assert ring(tmp_path).load().certificate == known[0].certificate
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sealing", "sealing.lock"]


def test_the_seal_is_made_for_documents_and_outlives_what_it_seals(tmp_path: Path) -> None:
    identity = made(tmp_path).load()
    leaf = identity.certificate
    assert isinstance(identity.key, ec.EllipticCurvePrivateKey)
    assert identity.key.curve.name == "secp256r1"
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_cert_sign) == (True, True, False)
    uses = set(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    assert uses == {certificates.DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION}
    assert leaf.not_valid_after_utc > NOW + keys.USED_FOR + timedelta(days=3649)
    assert identity.root.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    assert "木言地板" in leaf.subject.rfc4514_string()
    for path in (tmp_path / "sealing").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "sealing").stat().st_mode & 0o777 == 0o700


def test_a_passphrase_encrypts_both_keys(tmp_path: Path) -> None:
    made(tmp_path, "geheim")
    assert ring(tmp_path, "geheim").load().is_encrypted
    for wrong in ("", "anders"):
        with pytest.raises(SealingTrouble) as error:
            ring(tmp_path, wrong).load()
        assert error.value.code == "seal_key_locked"
        with pytest.raises(SealingTrouble):
            ring(tmp_path, wrong).rotate(TERMS, new_root=False, at=NOW)


def test_a_passphrase_that_came_later_can_be_put_on(tmp_path: Path) -> None:
    before = made(tmp_path).load()
    assert not ring(tmp_path, "neu").load().is_encrypted
    ring(tmp_path, "neu").protect("")
    after = ring(tmp_path, "neu").load()
    assert (after.is_encrypted, after.certificate) == (True, before.certificate)
    assert ring(tmp_path, "neu").rotate(TERMS, new_root=False, at=NOW).root == before.root


@pytest.mark.parametrize("passphrase", ["", "geheim"])
def test_a_damaged_key_is_said_and_nothing_takes_its_place(tmp_path: Path, passphrase: str) -> None:
    found = made(tmp_path, passphrase)
    path = tmp_path / "sealing" / "seal.p12"
    whole = path.read_bytes()
    for broken in (b"", whole[:-9], b"nonsense", bytes([*whole[:200], whole[200] ^ 1, *whole[201:]])):
        path.write_bytes(broken)
        with pytest.raises(SealingTrouble) as error:
            found.load()
        assert error.value.code in ("seal_key_damaged", "seal_key_locked"), broken[:20]
        found.make(TERMS, at=NOW)
        assert path.read_bytes() == broken, "a new key took its place"
    path.unlink()
    with pytest.raises(SealingTrouble) as error:
        found.load()
    assert error.value.code == "seal_key_missing"


def test_after_a_rotation_the_old_ones_are_still_known(tmp_path: Path) -> None:
    found = made(tmp_path)
    first = found.load()
    second = found.rotate(TERMS, new_root=False, at=NOW)
    third = found.rotate(TERMS, new_root=True, at=NOW)
    assert first.root == second.root != third.root
    assert len({first.certificate, second.certificate, third.certificate}) == 3
    known = {one.certificate for one in found.known()}
    assert known == {first.certificate, second.certificate, third.certificate, first.root, third.root}
    assert found.load().certificate == third.certificate


def test_without_the_root_s_key_only_a_new_root_can_be_made(tmp_path: Path) -> None:
    found = made(tmp_path)
    (tmp_path / "sealing" / "root.p12").unlink()
    before = found.load()
    with pytest.raises(SealingTrouble):
        found.rotate(TERMS, new_root=False, at=NOW)
    assert found.load().certificate == before.certificate
    assert found.rotate(TERMS, new_root=True, at=NOW).root != before.root


class Authority:
    """A licensed one, with an authority between its root and those it certifies."""

    def __init__(self) -> None:
        self.root_key, self.between_key = certificates.new_key(), certificates.new_key()
        self.root = self._certified("Root CA", self.root_key, "Root CA", self.root_key, ca=True)
        self.between = self._certified("Signing CA", self.between_key, "Root CA", self.root_key, ca=True)

    def file(
        self, *, passphrase: str = "pw", chain: bool = True, usage: bool = True, other_use: bool = False,
        until_days: int = 900, since_days: int = 100, nonsense: bool = False,
    ) -> bytes:  # fmt: skip
        key = certificates.new_key()
        leaf = self._certified("木言公司 公章", key, "Signing CA", self.between_key, usage=usage, other_use=other_use,
                               until_days=until_days, since_days=since_days)  # fmt: skip
        others = [self.root, self.between] if chain else []
        if nonsense:
            return b"\x30\x82"
        encryption = BestAvailableEncryption(passphrase.encode())
        return pkcs12.serialize_key_and_certificates(b"x", key, leaf, others, encryption)

    @property
    def pem(self) -> bytes:
        return (certificates.pem_of(self.between) + certificates.pem_of(self.root)).encode()

    def _certified(
        self, name: str, key: ec.EllipticCurvePrivateKey, issuer: str, issuer_key: ec.EllipticCurvePrivateKey, *,
        ca: bool = False, usage: bool = True, other_use: bool = False, until_days: int = 900, since_days: int = 100,
    ) -> x509.Certificate:  # fmt: skip
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=since_days))
            .not_valid_after(NOW + timedelta(days=until_days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(digital_signature=True, content_commitment=usage and not ca, key_encipherment=False,
                              data_encipherment=False, key_agreement=False, key_cert_sign=ca, crl_sign=ca,
                              encipher_only=False, decipher_only=False), critical=True,
            )
        )  # fmt: skip
        if other_use:
            uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
            builder = builder.add_extension(uses, critical=False)
        return builder.sign(issuer_key, hashes.SHA256())


def test_a_licensed_authority_s_file_seals_from_then_on(tmp_path: Path) -> None:
    found, authority = made(tmp_path), Authority()
    before = found.load()
    taken = found.take(authority.file(), "pw", at=NOW)
    assert "木言公司" in taken.certificate.subject.rfc4514_string()
    assert [*taken.chain] == [authority.between, authority.root]
    assert found.load().certificate == taken.certificate
    roles = [f"{one.origin} {one.role}" for one in found.known()]
    assert roles == ["made seal", "made root", "imported seal", "imported between", "imported root"]
    assert before.certificate in {one.certificate for one in found.known()}
    with_chain = found.take(authority.file(chain=False), "pw", more=authority.pem, at=NOW)
    assert with_chain.root == authority.root


@pytest.mark.parametrize(
    ("wrong", "passphrase", "code"),
    [
        ({}, "anders", "p12_passphrase"), ({"usage": False}, "pw", "p12_no_usage"),
        ({"other_use": True}, "pw", "p12_other_use"), ({"until_days": -1}, "pw", "p12_expired"),
        ({"since_days": -3}, "pw", "p12_not_yet"), ({"chain": False}, "pw", "p12_chain_missing"),
        ({"nonsense": True}, "pw", "p12_unreadable"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_seal_is_refused_with_the_reason(tmp_path: Path, wrong: dict[str, object], passphrase: str,
                                                           code: str) -> None:  # fmt: skip
    found = made(tmp_path)
    before = {path.name: path.read_bytes() for path in (tmp_path / "sealing").iterdir()}
    with pytest.raises(BadKeyFile) as error:
        found.take(Authority().file(**wrong), passphrase, at=NOW)  # type: ignore[arg-type]
    assert error.value.code == code
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "sealing").iterdir()}


def test_restored_certificates_join_those_that_were_there(tmp_path: Path) -> None:
    found = made(tmp_path)
    path = tmp_path / secrets_file.SEALING_CERTIFICATES
    saved = path.read_text()
    later = found.rotate(TERMS, new_root=True, at=NOW)
    before = path.with_name(f"{path.name}.before-now")
    before.write_text(path.read_text())
    path.write_text(saved)
    secrets_file.keep_certificates_of(before, tmp_path)
    assert later.certificate in {one.certificate for one in found.known()}
    assert len(found.known()) == 4


def test_a_key_that_is_gone_is_not_made_anew_when_reports_were_sealed(app, cast, session, a_sealed_report) -> None:
    folder = Path(app.config["DATA_DIR"]) / "sealing"
    for path in folder.glob("*"):
        path.unlink()
    if folder.exists():
        folder.rmdir()
    with pytest.raises(SealingTrouble) as error:
        keys.sealing_identity()
    assert error.value.code == "seal_key_missing"
    assert not folder.exists()
    session.delete(session.get_one(Report, a_sealed_report))
    session.flush()
    assert keys.sealing_identity().certificate
