"""The lists of people and devices as files."""

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


def device_columns() -> Columns:
    """What a row of the file says of a phone."""
    return (
        (_l("Person"), lambda device: device.person.name),
        (_l("Staff number"), lambda device: device.person.staff_no),
        (_l("Branch"), lambda device: device.person.branch.name),
        (_l("Device"), lambda device: device.name),
        (_l("Browser"), lambda device: device.user_agent),
        (_l("Only on the phone"), lambda device: device.pending_count),
        (_l("Oldest of it"), lambda device: on_clock(device.oldest_pending_at, _zone(device))),
        (_l("Last contact"), lambda device: on_clock(device.last_contact_at, _zone(device))),
        (_l("Registered"), lambda device: on_clock(device.registered_at, _zone(device))),
        (_l("App"), lambda device: device.build),
        (_l("Blocked"), lambda device: on_clock(device.revoked_at, _zone(device))),
    )


def _account(person: Person) -> str:
    if not person.is_active:
        return _("disabled")
    return _("Active") if person.password_hash else _("never signed in")


def _zone(device: Device) -> str:
    return device.person.branch.timezone
