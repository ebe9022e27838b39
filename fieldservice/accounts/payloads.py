"""Bodies of the account calls (docs/sync-protocol.md, "The other calls")."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from fieldservice.web.payload import Payload

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


class DeviceName(Payload):
    """One copy of the technician app and what its person calls it."""

    client_id: ClientId
    name: Name = Field(description="as the person calls the phone")


class WhoIsIt(Payload):
    """The person of a session, as far as the phone needs it."""

    id: str
    staff_no: str
    name: str


class SignedIn(Payload):
    """Answer to signing in."""

    person: WhoIsIt
    must_choose_password: bool


class Ping(Payload):
    """Answer of `GET /api/ping`."""

    nonce: str
    #: milliseconds since 1970 in UTC
    server_time: int
