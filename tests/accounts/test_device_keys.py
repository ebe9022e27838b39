"""The keys phones sign with: registered with the phone, blocked with it, of one person only."""

import base64
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask.testing import FlaskClient

from fieldservice.accounts.actions import restore_device, revoke_device
from fieldservice.accounts.models import Device, DeviceKey
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.core.keys import key_id
from tests.cast import Cast, sign_in


def a_key(curve: ec.EllipticCurve | None = None, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> str:
    """The public half of a fresh key as base64."""
    encoding = Encoding.X962 if form == PublicFormat.UncompressedPoint else Encoding.DER
    public = ec.generate_private_key(curve or ec.SECP256R1()).public_key()
    return base64.b64encode(public.public_bytes(encoding, form)).decode()


def register(client: FlaskClient, key: str | None, client_id: str | None = None) -> tuple[int, dict[str, object]]:
    body = {"client_id": client_id or new_id(), "name": "手机", "key": key}
    answer = client.post("/api/device", json=body)
    return answer.status_code, answer.json


def test_a_key_is_registered_with_its_phone_as_often_as_one_likes(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.technician)
    key, client_id = a_key(), new_id()
    for _ in range(2):
        status, answer = register(client, key, client_id)
        assert (status, answer["key_id"]) == (200, key_id(key))
    row = db.session.get_one(DeviceKey, key_id(key))
    assert (row.person_id, row.device_id, row.spki) == (cast.technician.id, client_id, key)


def test_a_key_goes_along_when_the_phone_becomes_another_device(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.technician)
    key, second = a_key(), new_id()
    register(client, key)
    register(client, key, second)
    assert db.session.get_one(DeviceKey, key_id(key)).device_id == second


def test_a_key_of_another_person_is_a_conflict(client: FlaskClient, cast: Cast) -> None:
    key, client_id = a_key(), new_id()
    sign_in(client, cast.technician)
    register(client, key)
    sign_in(client, cast.second_technician)
    status, answer = register(client, key, client_id)
    assert (status, answer["error"]["code"]) == (409, "key_of_another")  # type: ignore[index]
    assert db.session.get(Device, client_id) is None
    assert register(client, None, client_id)[0] == 200


BAD = {
    "empty": "",
    "no base64": "签名",
    "no key": base64.b64encode(b"hello").decode(),
    "another curve": a_key(ec.SECP384R1()),
    "a bare point": a_key(form=PublicFormat.UncompressedPoint),
    "no padding": a_key() + "=",
    "line breaks": a_key()[:60] + "\n" + a_key()[60:],
    "RSA": base64.b64encode(
        rsa.generate_private_key(65537, 2048).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).decode(),
}


@pytest.mark.one_database
@pytest.mark.parametrize("key", BAD.values(), ids=BAD.keys())
def test_what_is_no_p256_key_is_refused(client: FlaskClient, cast: Cast, key: str) -> None:
    sign_in(client, cast.technician)
    status, answer = register(client, key)
    assert (status, answer["error"]["code"]) == (400, "bad_request")  # type: ignore[index]


def test_a_key_is_blocked_and_let_in_again_with_its_phone(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.technician)
    key, client_id = a_key(), new_id()
    register(client, key, client_id)
    device, row = db.session.get_one(Device, client_id), db.session.get_one(DeviceKey, key_id(key))
    at = clock.now()
    revoke_device(device, by=cast.administrator, at=at)
    assert row.revoked_at == at
    db.session.commit()
    sign_in(client, cast.technician)
    assert register(client, key)[0] == 200  # the phone begins anew as another device
    assert (row.revoked_at, row.device_id) == (at, client_id)
    restore_device(device, by=cast.administrator, at=at + timedelta(minutes=1))
    assert row.revoked_at is None
