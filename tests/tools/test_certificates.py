"""The certificates of `make phone`."""

import datetime as dt
import ipaddress
from pathlib import Path
from types import ModuleType

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

TOOLS = Path(__file__).resolve().parents[2] / "tools"
NOW = dt.datetime(2026, 11, 20, 8, 0, tzinfo=dt.UTC)
HOME = {"names": ["localhost", "desk", "desk.local"], "addresses": ["127.0.0.1", "192.168.1.20"]}


@pytest.fixture
def certificates(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(TOOLS)
    import certificates

    return certificates


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_a_phone_that_trusts_the_authority_trusts_the_server(
    certificates: ModuleType, tmp_path: Path
) -> None:
    made = certificates.ensure_certificates(tmp_path, **HOME, now=NOW)
    leaf, authority = read(made.certificate_file), read(made.ca_file)
    leaf.verify_directly_issued_by(authority)
    named = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert named.get_values_for_type(x509.DNSName) == ["desk", "desk.local", "localhost"]
    assert ipaddress.ip_address("192.168.1.20") in named.get_values_for_type(x509.IPAddress)
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= dt.timedelta(days=397)
    assert authority.not_valid_after_utc - NOW > dt.timedelta(days=3640)


def test_the_keys_are_readable_by_their_owner_only(certificates: ModuleType, tmp_path: Path) -> None:
    certificates.ensure_certificates(tmp_path / "tls", **HOME, now=NOW)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "tls").iterdir()}
    assert modes == {"ca.key": 0o600, "server.key": 0o600, "ca.crt": 0o644, "server.crt": 0o644}


def test_nothing_is_made_anew_while_it_fits(certificates: ModuleType, tmp_path: Path) -> None:
    certificates.ensure_certificates(tmp_path, **HOME, now=NOW)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    certificates.ensure_certificates(tmp_path, **HOME, now=NOW + dt.timedelta(days=300))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("home", "later"),
    [
        (HOME | {"addresses": ["127.0.0.1", "10.0.0.7"]}, dt.timedelta()),  # moved to another network
        (HOME, dt.timedelta(days=370)),  # ends within a month
    ],
)
def test_only_the_servers_certificate_is_made_anew(
    certificates: ModuleType, tmp_path: Path, home: dict[str, list[str]], later: dt.timedelta
) -> None:
    first = certificates.ensure_certificates(tmp_path, **HOME, now=NOW)
    authority, leaf = first.ca_file.read_bytes(), first.certificate_file.read_bytes()
    certificates.ensure_certificates(tmp_path, **home, now=NOW + later)
    assert first.ca_file.read_bytes() == authority
    assert first.certificate_file.read_bytes() != leaf


def test_a_damaged_authority_is_replaced_with_its_certificate(
    certificates: ModuleType, tmp_path: Path
) -> None:
    made = certificates.ensure_certificates(tmp_path, **HOME, now=NOW)
    (tmp_path / "ca.key").write_text("cut short")
    certificates.ensure_certificates(tmp_path, **HOME, now=NOW)
    read(made.certificate_file).verify_directly_issued_by(read(made.ca_file))
