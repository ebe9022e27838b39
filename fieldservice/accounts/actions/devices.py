"""Copies of the technician app: registering, blocking, letting in again."""

from datetime import datetime

import sqlalchemy as sa

from fieldservice.accounts.actions.access_log import Origin, note_access
from fieldservice.accounts.models import Device, DeviceKey, LoginSession, Person
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, NotAllowed
from fieldservice.core.keys import key_id


def register_device(client_id: str, name: str, *, session: LoginSession, at: datetime, origin: Origin) -> Device:
    """Registers the copy of the app this session runs in, or renames it.

    Raises Conflict('device_of_another'), NotAllowed('device_revoked').
    """
    device = db.session.get(Device, client_id)
    if device is None:
        device = Device(id=client_id, person_id=session.person_id, name=name, registered_at=at,
                        user_agent=origin.user_agent[:200])
        db.session.add(device)
        db.session.flush()
        note_access("device_registered", by=session.person, at=at, subject=device, address=origin.address)
    if device.person_id != session.person_id:
        raise Conflict("device_of_another")
    if device.revoked_at is not None:
        raise NotAllowed("device_revoked")
    device.name = name
    session.device_id = device.id
    return device


def note_device(client_id: str, person: Person, name: str, *, at: datetime) -> Device:
    """The row of a phone that this server may never have heard of, so that what it wrote has a place.

    Raises Conflict('device_of_another').
    """
    device = db.session.get(Device, client_id)
    if device is None:
        device = Device(id=client_id, person_id=person.id, name=name[:60], registered_at=at, user_agent="")
        db.session.add(device)
        db.session.flush()
    if device.person_id != person.id:
        raise Conflict("device_of_another")
    return device


def register_key(device: Device, spki: str, *, at: datetime) -> DeviceKey:
    """Registers the key this phone signs with; it goes along when the phone becomes another device of its person.

    A revoked key stays revoked. Raises Conflict('key_of_another').
    """
    key = db.session.get(DeviceKey, key_id(spki))
    if key is None:
        key = DeviceKey(id=key_id(spki), person_id=device.person_id, device_id=device.id, spki=spki, registered_at=at)
        db.session.add(key)
        db.session.flush()
    if key.person_id != device.person_id:
        raise Conflict("key_of_another")
    if key.revoked_at is None:
        key.device_id = device.id
    return key


def revoke_device(device: Device, *, by: Person, at: datetime, address: str = "") -> None:
    """Blocks a device: it gets nothing, what is unsent stays on it, and what it signs is not believed any more.

    Twice changes nothing.
    """
    if device.revoked_at is None:
        device.revoked_at = at
        for key in _keys_of(device):
            key.revoked_at = key.revoked_at or at
        note_access("device_revoked", by=by, at=at, subject=device, address=address)


def restore_device(device: Device, *, by: Person, at: datetime, address: str = "") -> None:
    """Lets a blocked device in again, with the keys that were blocked with it."""
    if device.revoked_at is not None:
        for key in _keys_of(device):
            key.revoked_at = None if key.revoked_at == device.revoked_at else key.revoked_at
        device.revoked_at = None
        note_access("device_restored", by=by, at=at, subject=device, address=address)


def _keys_of(device: Device) -> list[DeviceKey]:
    return list(db.session.scalars(sa.select(DeviceKey).filter_by(device_id=device.id)))
