"""How a phone stands, in words: its list, its page and its file say the same."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldservice.accounts.models import Device
from fieldservice.accounts.rules import CLOCK_TOLERANCE, UNSENT_AFTER, UNSENT_OVERDUE_AFTER
from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.web.visit_words import size_words

#: what the list can be narrowed to
DEVICE_KIND_WORDS = {
    "": _l("All phones"), "unsent": _l("With unsent work"), "hours": _l("Unsent for over 4 h"),
    "day": _l("Unsent for over a day"), "tab": _l("In a browser tab"), "other_app": _l("Not the current app"),
    "blocked": _l("Blocked"), "wiped": _l("Wiped"),
}  # fmt: skip


@dataclass(frozen=True)
class DeviceWords:
    """What is said of a phone; '' for nothing to say."""

    #: a warning about old unsent work and its tone ('wait', 'risk')
    warning: str
    tone: str
    #: "2 steps and notes, 3 photos"
    unsent: str
    #: how old the oldest of it is
    age: str
    #: used and free, and whether the browser keeps it
    storage: str
    kept: str
    #: from the home screen, or in a tab
    place: str
    #: whether it is the current app
    app: str
    #: how far its clock is off
    clock: str
    #: what became of a blocked phone
    fate: str


def device_words(device: Device, *, at: datetime, build: str) -> DeviceWords:
    """`build`: of the app that is served now."""
    waits = at - device.oldest_pending_at if device.pending_count and device.oldest_pending_at else None
    warning, tone = _warning(waits)
    return DeviceWords(
        warning=warning, tone=tone, unsent=_unsent(device), age=span(waits) if waits else "",
        storage=_storage(device), kept=_kept(device), place=_place(device), app=_app(device, build),
        clock=_clock(device), fate=_fate(device),
    )  # fmt: skip


def _warning(waits: timedelta | None) -> tuple[str, str]:
    if waits is None or waits < UNSENT_AFTER:
        return "", ""
    if waits < UNSENT_OVERDUE_AFTER:
        return _("unsent for over 4 h"), "wait"
    return _("unsent for over a day"), "risk"


def _unsent(device: Device) -> str:
    acts, photos = device.pending_count - device.pending_photos, device.pending_photos
    parts = [_("entries: %(count)s", count=acts) if acts > 0 else ""]
    if photos:
        parts.append(_("photos: %(count)s", count=photos))
    if device.stuck_photos:
        parts.append(_("of these that cannot be sent: %(count)s", count=device.stuck_photos))
    return _(", ").join(filter(None, parts))


def _storage(device: Device) -> str:
    if device.used_bytes is None or device.free_bytes is None:
        return ""
    return _("%(used)s used, %(free)s free", used=_size(device.used_bytes), free=_size(device.free_bytes))


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else size_words(size)


def _kept(device: Device) -> str:
    if device.is_persistent is None:
        return ""
    return _("kept by the browser") if device.is_persistent else _("the browser may clear it")


def _place(device: Device) -> str:
    if device.is_installed is None:
        return ""
    return _("installed") if device.is_installed else _("in a browser tab")


def _app(device: Device, build: str) -> str:
    if not device.build:
        return ""
    return _("current") if device.build == build else _("not the current one")


def _clock(device: Device) -> str:
    off = timedelta(milliseconds=device.clock_off_ms or 0)
    if device.clock_off_ms is None:
        return ""
    if abs(off) < CLOCK_TOLERANCE:
        return _("right")
    return _("%(span)s fast", span=span(off)) if off > timedelta(0) else _("%(span)s slow", span=span(-off))


def _fate(device: Device) -> str:
    if device.revoked_at is None:
        return ""
    if device.wiped_at:
        return _("wiped %(when)s", when=_when(device.wiped_at, device))
    if device.wipe_told_at:
        return _("told to wipe itself %(when)s, not confirmed yet", when=_when(device.wipe_told_at, device))
    if device.last_contact_at and device.last_contact_at >= device.revoked_at:
        return _("is delivering, last contact %(when)s", when=_when(device.last_contact_at, device))
    return _("no contact since")


def _when(moment: datetime, device: Device) -> str:
    return i18n.day_and_time(moment, device.person.branch.timezone)


def span(length: timedelta) -> str:
    """'25 min', '5 h', '3 days'."""
    minutes = round(length.total_seconds() / 60)
    if minutes < 90:
        return _("%(count)s min", count=minutes)
    if minutes < 36 * 60:
        return _("%(count)s h", count=round(minutes / 60))
    return _("%(count)s d", count=round(minutes / 1440))
