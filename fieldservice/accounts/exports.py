"""The lists of people and devices as files."""

from datetime import datetime

from fieldservice.accounts.device_words import DeviceWords, device_words
from fieldservice.accounts.models import Device, Person
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.web.exports import Columns, on_clock
from fieldservice.web.role_words import role_words


def people_columns() -> Columns:
    """What a row of the file says of a person; the mobile as on the page, for those who help them."""
    return (
        (_l("Staff number"), lambda person: person.staff_no),
        (_l("Name"), lambda person: person.name),
        (_l("Roles"), lambda person: role_words(person.roles)),
        (_l("Branch"), lambda person: person.branch.name),
        (_l("Mobile"), lambda person: person.phone),
        (_l("Badge"), lambda person: person.badge_no),
        (_l("Account"), _account),
    )


def device_columns(at: datetime, build: str) -> Columns:
    """What a row of the file says of a phone. `build`: of the app that is served now."""

    def said(device: Device) -> DeviceWords:
        return device_words(device, at=at, build=build)

    return (
        (_l("Person"), lambda device: device.person.name),
        (_l("Staff number"), lambda device: device.person.staff_no),
        (_l("Branch"), lambda device: device.person.branch.name),
        (_l("Device"), lambda device: device.name),
        (_l("Browser"), lambda device: device.user_agent),
        (_l("Only on the phone"), lambda device: device.pending_count),
        (_l("Photos of these"), lambda device: device.pending_photos),
        (_l("Oldest of it"), lambda device: on_clock(device.oldest_pending_at, _zone(device))),
        (_l("Warning"), lambda device: said(device).warning),
        (_l("Last contact"), lambda device: on_clock(device.last_contact_at, _zone(device))),
        (_l("Clock ahead, seconds"), lambda device: _seconds(device.clock_off_ms)),
        (_l("Used, MB"), lambda device: _megabytes(device.used_bytes)),
        (_l("Free, MB"), lambda device: _megabytes(device.free_bytes)),
        (_l("Kept"), lambda device: said(device).kept),
        (_l("Runs"), lambda device: said(device).place),
        (_l("Registered"), lambda device: on_clock(device.registered_at, _zone(device))),
        (_l("App"), lambda device: device.build),
        (_l("Current app"), lambda device: said(device).app),
        (_l("Blocked"), lambda device: on_clock(device.revoked_at, _zone(device))),
        (_l("Delivered since"), lambda device: device.quarantined_count if device.revoked_at else None),
        (_l("Wiped"), lambda device: on_clock(device.wiped_at, _zone(device))),
    )


def _seconds(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else round(milliseconds / 1000)


def _megabytes(size: int | None) -> int | None:
    return None if size is None else round(size / 1e6)


def _account(person: Person) -> str:
    if not person.is_active:
        return _("disabled")
    return _("Active") if person.password_hash else _("never signed in")


def _zone(device: Device) -> str:
    return device.person.branch.timezone
