"""Every setting: name, default, unit, why. Read from the environment once, at start.

A setting `DATA_DIR` is read from `FIELDSERVICE_DATA_DIR`; in `app.config` it stands as `DATA_DIR`.
Secrets are no settings: they are made at first start in the data folder (`core/secrets_file.py`).
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class BadSetting(ValueError):
    """A setting has a value that cannot be used; the message says which and why."""


@dataclass(frozen=True)
class Setting:
    """One setting: how it is read and why it is there (the text of docs/operations.md)."""

    name: str
    default: str
    why: str
    read: Callable[[str], Any] = str


def _flag(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"", "0", "false", "no", "off"}:
        return False
    raise ValueError("expected 1 or 0")


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("not a time zone name such as Asia/Shanghai") from error
    return text


def _whole(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise ValueError("expected a whole number above 0")
    return value


def _count(text: str) -> int:
    value = int(text or 0)
    if value < 0:
        raise ValueError("expected a whole number, 0 for never")
    return value


def _background(text: str) -> str:
    if text not in ("worker", "inline"):
        raise ValueError("expected worker or inline")
    return text


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in ("", *allowed):
            raise ValueError(f"expected {', '.join(allowed)} or nothing")
        return text

    return read


def _sms_code(text: str) -> str:
    if text not in ("offered", "required"):
        raise ValueError("expected offered or required")
    return text


def _proposal_seconds(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 45:
        raise ValueError("expected a whole number from 1 to 45: a worker that is told to end waits a minute")
    return value


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "DATA_DIR",
        "var",
        "Folder of the database, the media, the secrets and the sample passwords.",
        lambda text: Path(text).expanduser().resolve(),
    ),
    Setting("DATABASE_URL", "", "SQLAlchemy address of the database; empty: SQLite in the data folder."),
    Setting(
        "BASE_URL",
        "http://127.0.0.1:8000",
        "Address people open; links and QR codes begin with it.",
        lambda text: text.rstrip("/"),
    ),
    Setting(
        "TIMEZONE", "Asia/Shanghai", "Zone of a new branch; windows are shown in the branch's zone.", _zone
    ),
    Setting(
        "PROXIES",
        "0",
        "How many trusted reverse proxies stand in front (X-Forwarded-* is read from that many).",
        lambda text: int(text or 0),
    ),
    Setting(
        "MAP_TILES",
        "",
        "Tile address {z}/{x}/{y} of a map behind the pin; empty: a plain grid, no foreign service.",
    ),
    Setting("MAP_TILES_DATUM", "WGS-84", "Datum of those tiles: WGS-84, GCJ-02 or BD-09."),
    Setting(
        "ROADS",
        "",
        "Who is asked for road times: `osrm`, `valhalla`, `amap` or `tencent`; empty: nobody, they are estimated.",
        _one_of("osrm", "valhalla", "amap", "tencent"),
    ),
    Setting("ROADS_URL", "", "Address of that service; empty: its usual one (AMap, Tencent), the others must be told."),
    Setting("ROADS_KEY", "", "Key of that service, secret; where it needs one."),
    Setting("ROADS_KEEP_DAYS", "30", "Days a road time is kept before it is asked for again.", _whole),
    Setting("ROADS_PER_HOUR", "600", "Requests to that service in an hour at most; what is left is estimated.", _whole),
    Setting(
        "GEOCODER",
        "",
        "Who is asked where an address lies: `nominatim`, `amap` or `baidu`; empty: nobody, pins are set by hand.",
        _one_of("nominatim", "amap", "baidu"),
    ),
    Setting("GEOCODER_URL", "", "Address of one's own Nominatim; empty: the geocoder's usual one."),
    Setting("GEOCODER_KEY", "", "Key of the geocoder, secret; where it needs one."),
    Setting("GEOCODER_PER_HOUR", "300", "Addresses looked up in an hour at most; the others wait.", _whole),
    Setting(
        "GEOCODER_FAR_KM",
        "80",
        "Kilometres from the middle of the branch's known addresses beyond which a found position is doubtful.",
        _whole,
    ),
    Setting("SESSION_DAYS_TECHNICIAN", "30", "Days a technician's sign-in lasts without use.", _whole),
    Setting("SESSION_HOURS_OFFICE", "12", "Hours an office sign-in lasts without use.", _whole),
    Setting(
        "SETUP_LINK_MINUTES",
        "15",
        "Minutes a one-time link to a phone or for a new password is good for.",
        _whole,
    ),
    Setting(
        "IMPORT_FILE_DAYS",
        "90",
        "Days the file of an import is kept after the last work on it; undoing needs no file.",
        _whole,
    ),
    Setting(
        "REPORT_KEEP_YEARS",
        "10",
        "Years a service report is kept; the certificate that seals it lasts longer than that.",
        _whole,
    ),
    Setting(
        "KEEP_CUSTOMER_YEARS",
        "0",
        "Years after the last of it was closed until a customer's data may be erased together; 0: kept for ever.",
        _count,
    ),
    Setting(
        "KEEP_ACCESS_YEARS",
        "0",
        "Years until an entry of the access log (who signed in, opened, took along) may be removed; 0: kept for ever.",
        _count,
    ),
    Setting(
        "KEEP_PLACE_DAYS",
        "0",
        "Days after a visit was closed until the places of the technician's steps may be removed; 0: kept for ever.",
        _count,
    ),
    Setting(
        "KEY_PASSPHRASE",
        "",
        "Encrypts the keys that seal reports (`sealing/*.p12`); empty: they are protected by their file mode alone.",
    ),
    Setting(
        "TIME_STAMP_URL",
        "",
        "Address (https) of an RFC 3161 authority that dates sealed reports; empty: they say that none is trusted.",
    ),
    Setting(
        "PHOTO_FAR_METRES",
        "500",
        "Metres from the site, beyond what the position may be off, from which a photo is shown as taken far away.",
        _whole,
    ),
    Setting(
        "BACKGROUND",
        "worker",
        "Who does what can wait: `worker` (`flask worker` must run) or `inline` (the request itself; for tests).",
        _background,
    ),
    Setting(
        "PROPOSAL_SECONDS",
        "15",
        "How long the worker searches for a proposal of a day, in seconds, 1 to 45.",
        _proposal_seconds,
    ),
    Setting("SAMPLE_PASSWORD", "", "Password of all sample accounts; empty: one made up for each."),
    Setting(
        "PSEUDO_LANGUAGE",
        "0",
        "1: offers a made-up language that marks every translated text (for tests).",
        _flag,
    ),
    Setting(
        "SERVICE_WORKER",
        "on",
        "off: phones let go of the kept app and load it from the network, should its worker ever do harm; records stay.",
        _flag,
    ),
    Setting("SMS_GATEWAY", "", "How codes reach a customer's phone: `webhook`; empty: no code is offered anywhere."),
    Setting("SMS_URL", "", "https address the `webhook` gateway posts each message to."),
    Setting("SMS_SECRET", "", "What it signs with (HMAC-SHA256), known to both sides; at least 16 characters."),
    Setting(
        "SMS_CODE",
        "offered",
        "`required`: a customer confirms, disputes and signs by link only with a code; `offered`: may add one.",
        _sms_code,
    ),
    Setting(
        "OUTBOUND_PRIVATE",
        "0",
        "1: what is sent out may go to addresses inside the own network, and by plain http to this machine.",
        _flag,
    ),
    Setting(
        "AUDIT_HEADS_TO",
        "",
        "Where the audit chain's heads go every hour: an https address or a mail address; empty: they stay here alone.",
    ),
    Setting(
        "MAIL_SERVER",
        "",
        "Server that takes mail: smtps://user:password@host:465, smtp://host:587 (with STARTTLS); empty: none is sent.",
    ),
    Setting("MAIL_FROM", "", "Sender of that mail; empty: the address it goes to."),
    Setting("CA_FILE", "", "Certificate of the local authority, offered at /ca.crt by `make phone`."),
    Setting("LOG_LEVEL", "INFO",
            "Lowest level that is logged: DEBUG, INFO (a line for each request), WARNING, ERROR; "
            "`make run` and `make phone` set `WARNING`."),
)


def read_settings(environment: Mapping[str, str] = os.environ, **given: Any) -> dict[str, Any]:
    """Settings by name; `given` wins over the environment (tests). Raises BadSetting."""
    return {setting.name: _read(setting, environment, given) for setting in SETTINGS}


def _read(setting: Setting, environment: Mapping[str, str], given: Mapping[str, Any]) -> Any:
    value = given.get(setting.name, environment.get(f"FIELDSERVICE_{setting.name}", setting.default))
    if not isinstance(value, str):
        return value
    try:
        return setting.read(value)
    except ValueError as error:
        raise BadSetting(f"FIELDSERVICE_{setting.name}={value!r}: {error}") from error


def database_url(settings: Mapping[str, Any]) -> str:
    """The database address: as set, or the embedded SQLite file in the data folder."""
    url = settings["DATABASE_URL"] or f"sqlite:///{settings['DATA_DIR'] / 'fieldservice.sqlite3'}"
    return url.replace("postgresql://", "postgresql+psycopg://", 1)
