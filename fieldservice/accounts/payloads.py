"""The form of a person, and the bodies of the account calls (docs/sync-protocol.md, "The other calls")."""

import re
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    model_validator,
)

from fieldservice.accounts.rules import LANGUAGES, PersonEntry, clean_phone
from fieldservice.core.keys import is_public_key
from fieldservice.core.permissions import ROLES
from fieldservice.web.forms import NONE_IF_EMPTY, Form, line, one_of, problem, some_of
from fieldservice.web.payload import Payload


def _staff_no(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z-]{1,20}", text):
        raise problem("staff_no_shape")
    return text


def _mobile(text: str | None) -> str | None:
    if text is not None and not re.fullmatch(r"\d{6,15}", text):
        raise problem("phone_bad")
    return text


def _some_role(roles: tuple[str, ...]) -> tuple[str, ...]:
    if not roles:
        raise problem("role_missing")
    return roles


class PersonForm(Form):
    """A person as typed."""

    staff_no: Annotated[str, line(20), AfterValidator(_staff_no)]
    name: Annotated[str, line(60)]
    phone: Annotated[str | None, BeforeValidator(lambda text: clean_phone(text or "")), AfterValidator(_mobile)] = None
    badge_no: Annotated[Annotated[str, line(20)] | None, NONE_IF_EMPTY] = None
    branch_id: Annotated[str, line(36)]
    language: Annotated[Annotated[str, one_of(LANGUAGES)] | None, NONE_IF_EMPTY] = None
    roles: Annotated[tuple[str, ...], some_of(ROLES), AfterValidator(_some_role)] = ()

    def entry(self) -> PersonEntry:
        """The record it asks for."""
        return PersonEntry(staff_no=self.staff_no, name=self.name, branch_id=self.branch_id, phone=self.phone,
                           roles=frozenset(self.roles), badge_no=self.badge_no, language=self.language)

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
ClientId = Annotated[str, StringConstraints(
    pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]


class SignIn(Payload):
    """Name and password, or the short code of a one-time link."""

    #: staff number or mobile
    name: Name | None = None
    password: Password | None = None
    code: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None

    @model_validator(mode="after")
    def _one_way_in(self) -> "SignIn":
        if (self.code is None) == (self.name is None or self.password is None):
            raise ValueError("name and password, or code")
        return self


class NewPassword(Payload):
    """A new password; `current` may be null after a one-time link."""

    current: Password | None = None
    new: Annotated[str, StringConstraints(max_length=1000)]


class PositionSharing(Payload):
    """Whether the office may see where the last step was taken, while on duty."""

    shared: StrictBool
    #: whose phone says so; None: whoever is signed in
    person: Annotated[str, StringConstraints(max_length=36)] | None = None
    #: how long it waited on the phone for a connection, by a clock that may have been set meanwhile
    waited_ms: StrictInt = 0


def _public_key(spki: str) -> str:
    if not is_public_key(spki):
        raise ValueError("not a P-256 key")
    return spki


class DeviceName(Payload):
    """One copy of the technician app, what its person calls it, and the key it signs with."""

    client_id: ClientId
    name: Name = Field(description="as the person calls the phone")
    key: Annotated[str, StringConstraints(max_length=200), AfterValidator(_public_key)] | None = Field(
        default=None, description="SubjectPublicKeyInfo of a P-256 key as base64")


class DeviceKnown(Payload):
    """Answer to registering a device."""

    client_id: ClientId
    name: Name
    key_id: str | None = Field(description="null when no key was sent")


class WhoIsIt(Payload):
    """The person of a session, as far as the phone needs it."""

    id: str
    staff_no: str
    name: str


class RescueKey(Payload):
    """The installation's public key; what is exported unsent is sealed with it."""

    id: str
    key: str = Field(description="SubjectPublicKeyInfo of a P-256 key as base64")


class SignedIn(Payload):
    """Answer to signing in."""

    person: WhoIsIt
    must_choose_password: bool
    rescue: RescueKey


class Ping(Payload):
    """Answer of `GET /api/ping`."""

    nonce: str
    #: milliseconds since 1970 in UTC
    server_time: int
