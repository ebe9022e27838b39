"""The administrator's page of keys."""

from pathlib import Path

from fieldservice.reports import keys
from fieldservice.reports.certificates import facts_of, pem_of, spaced
from tests.cast import sign_in


def test_it_shows_which_until_when_and_what_to_compare(app, cast) -> None:
    client = sign_in(app.test_client(), cast.administrator)
    assert "还没有密钥" in client.get("/keys").text
    first = keys.sealing_identity()
    keys.keyring().rotate(keys.terms(), new_root=False, at=keys.clock.now())
    now = keys.sealing_identity()
    page = client.get("/keys").text
    for one in (first.certificate, now.certificate, now.root):
        assert spaced(facts_of(one).fingerprint) in page
    assert now.certificate.not_valid_after_utc.strftime("%Y-%m-%d") in page
    assert "未加密" in page
    assert client.get("/keys/roots.pem").text == pem_of(now.root)


def test_trouble_is_said_and_the_page_stands(app, cast) -> None:
    keys.sealing_identity()
    path = Path(app.config["DATA_DIR"]) / "sealing" / "seal.p12"
    path.write_bytes(b"damaged")
    answer = sign_in(app.test_client(), cast.administrator).get("/keys")
    assert answer.status_code == 200
    assert "已损坏" in answer.text


def test_it_is_the_administrator_s(app, cast) -> None:
    for person in (cast.dispatcher, cast.technician):
        assert sign_in(app.test_client(), person).get("/keys").status_code == 403
        assert sign_in(app.test_client(), person).get("/keys/roots.pem").status_code == 403
