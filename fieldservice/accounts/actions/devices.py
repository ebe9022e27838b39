"""Copies of the technician app: registering, blocking, their last delivery, letting in again."""

from datetime import datetime

import sqlalchemy as sa

from fieldservice.accounts.actions.access_log import Origin, note_access
from fieldservice.accounts.actions.sessions import end_session
from fieldservice.accounts.models import Device, DeviceKey, LoginSession, Person
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, NotAllowed
from fieldservice.core.keys import key_id


def register_device(client_id: str, name: str, *, session: LoginSession, at: datetime, origin: Origin) -> Device:
    """Registers the copy of the app this session runs in, or renames it.

    A blocked phone that has to number anew (docs/sync-protocol.md, `fork` and `epoch`) becomes another device that is
    blocked from the start: it may deliver, and no more. It never becomes another phone of its person that is not blocked.
    One whose person signed in anew registers as the blocked one it is, and its session is from then on as blocked.

    Raises Conflict('device_of_another'), NotAllowed('device_revoked').
    """
    device = db.session.get(Device, client_id)
    blocked_at = _blocked_at(session)
    if device is None:
        device = Device(id=client_id, person_id=session.person_id, name=name, registered_at=at,
                        user_agent=origin.user_agent[:200], revoked_at=blocked_at)
        db.session.add(device)
        db.session.flush()
        note_access("device_registered", by=session.person, at=at, subject=device, address=origin.address)
    if device.person_id != session.person_id:
        raise Conflict("device_of_another")
    if session.device_id is None:
        blocked_at = device.revoked_at
    if (device.revoked_at is None) != (blocked_at is None):
        if blocked_at is None or device.last_contact_at is not None:
            raise NotAllowed("device_revoked")
        device.revoked_at = blocked_at  # known from a file alone: it is this phone that wrote it
    device.name = name if blocked_at is None else device.name
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


def _blocked_at(session: LoginSession) -> datetime | None:
    device = db.session.get(Device, session.device_id) if session.device_id else None
    return device.revoked_at if device else None


def register_key(device: Device, spki: str, *, at: datetime) -> DeviceKey:
    """Registers the key this phone signs with; it goes along when the phone becomes another device of its person.

    A revoked key stays revoked. Raises Conflict('key_of_another').
    """
    key = db.session.get(DeviceKey, key_id(spki))
    if key is None:
        key = DeviceKey(id=key_id(spki), person_id=device.person_id, device_id=device.id, spki=spki, registered_at=at,
                        revoked_at=device.revoked_at)
        db.session.add(key)
        db.session.flush()
    if key.person_id != device.person_id:
        raise Conflict("key_of_another")
    if key.revoked_at is None:
        key.device_id = device.id
    return key


def revoke_device(device: Device, *, by: Person, at: datetime, address: str = "") -> None:
    """Blocks a device: it gets nothing more, and what it signs is not believed. With its next contact it delivers what is
    unsent into quarantine, and is wiped.

    Twice changes nothing.
    """
    if device.revoked_at is None:
        device.revoked_at = at
        for key in _keys_of(device):
            key.revoked_at = key.revoked_at or at
        note_access("device_revoked", by=by, at=at, subject=device, address=address)


def restore_device(device: Device, *, by: Person, at: datetime, address: str = "") -> None:
    """Lets a blocked device in again, with the keys that were blocked with it.

    Raises Conflict('device_wiped'), Conflict('person_disabled').
    """
    if device.wiped_at is not None:
        raise Conflict("device_wiped")
    if not device.person.is_active:
        raise Conflict("person_disabled")
    if device.revoked_at is not None:
        for key in _keys_of(device):
            key.revoked_at = None if key.revoked_at == device.revoked_at else key.revoked_at
        device.revoked_at, device.wipe_told_at, device.quarantined_count = None, None, 0
        note_access("device_restored", by=by, at=at, subject=device, address=address)


def bind_session(session_id: str, device_id: str) -> None:
    """The session is that of this device: blocked with it, it may do nothing but deliver, also when its person signed in
    anew since.
    """
    statement = sa.update(LoginSession).where(LoginSession.id == session_id)
    db.session.execute(statement.values(device_id=device_id))


def note_wiped(device: Device, *, session: LoginSession, at: datetime, address: str = "") -> None:
    """The phone says that nothing of its person is left on it: this copy is over. Twice changes nothing.

    Also for one that was let in again too late: what is gone is gone. The session ends when it is the phone's own, not
    one that its person has begun since.
    """
    if device.wiped_at is None:
        revoke_device(device, by=device.person, at=at, address=address)
        device.wiped_at, device.last_contact_at = at, at
        device.pending_count = device.pending_photos = device.stuck_photos = 0
        device.oldest_pending_at = None
        note_access("device_wiped", by=device.person, at=at, subject=device, address=address)
    if _blocked_at(session) is not None:
        end_session(session, by=device.person, at=at, address=address)


def _keys_of(device: Device) -> list[DeviceKey]:
    return list(db.session.scalars(sa.select(DeviceKey).filter_by(device_id=device.id)))
