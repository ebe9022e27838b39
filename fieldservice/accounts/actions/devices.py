"""Copies of the technician app: registering, blocking, letting in again."""

from datetime import datetime

from fieldservice.accounts.actions.access_log import Origin, note_access
from fieldservice.accounts.models import Device, LoginSession, Person
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, NotAllowed


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


def revoke_device(device: Device, *, by: Person, at: datetime, address: str = "") -> None:
    """Blocks a device: it gets nothing, and what is unsent stays on it. Twice changes nothing."""
    if device.revoked_at is None:
        device.revoked_at = at
        note_access("device_revoked", by=by, at=at, subject=device, address=address)


def restore_device(device: Device, *, by: Person, at: datetime, address: str = "") -> None:
    """Lets a blocked device in again."""
    if device.revoked_at is not None:
        device.revoked_at = None
        note_access("device_restored", by=by, at=at, subject=device, address=address)
