"""What a phone sends, checked: shapes of docs/sync-protocol.md. Operations are checked one by one, so that a bad
one never holds up the others."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints, ValidationError, field_validator

from fieldservice.sync.rules import MAX_OPS
from fieldservice.web.payload import Payload

Id = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
]
#: milliseconds since 1970, within the years 1970 to 9998: in no zone is it the year 10000
Ms = Annotated[int, Field(ge=0, le=253_370_764_799_999)]
#: milliseconds of a page session: whole numbers as JavaScript knows them
PageMs = Annotated[int, Field(ge=0, le=2**53 - 1)]


class Strict(Payload):
    """Numbers are numbers, text is text that every database can hold; unknown keys are left out."""


class AnchorSent(Strict):
    """The last answer of the server in this page session."""

    server_ms: Ms
    t: PageMs
    rtt: PageMs


class Mono(Strict):
    """`performance.now()` of the page session that took the operation, whole milliseconds."""

    page: Annotated[str, StringConstraints(max_length=16)]
    t: PageMs
    anchor: AnchorSent | None = None


class Op(Strict):
    """One thing a technician confirmed."""

    id: Id
    seq: Annotated[int, Field(ge=1, le=2**31 - 1)]
    schema_: Annotated[int, Field(alias="schema", ge=1)]
    kind: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    entity: Annotated[str, StringConstraints(max_length=36)]
    args: dict[str, Any]
    base: dict[str, Any] = {}
    occurred_at: Ms
    mono: Mono | None = None


class About(Strict):
    """What the office wants to know of a phone; sent when it changed, or once a day."""

    #: runs from the home screen
    installed: bool | None = None
    #: the browser has promised to keep what the app stores
    persistent: bool | None = None
    #: bytes
    used: Annotated[int, Field(ge=0, le=2**53 - 1)] | None = None
    free: Annotated[int, Field(ge=0, le=2**53 - 1)] | None = None


class SyncRequest(Strict):
    """Push and pull in one."""

    proto: int
    schema_: Annotated[int, Field(alias="schema")]
    build: Annotated[str, StringConstraints(max_length=16)]
    client_id: Id
    epoch: int
    cursor: Annotated[str, StringConstraints(max_length=64)]
    manifest_hash: Annotated[str, StringConstraints(max_length=16)]
    nonce: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    now: Ms
    pending: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    oldest_ms: Ms | None = None
    fetch: Annotated[list[Id], Field(max_length=500)] = []
    ops: Annotated[list[Op], Field(max_length=MAX_OPS)]
    #: how many of `pending` are photos, and how many of these can never be sent
    photos: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    stuck: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    about: About | None = None

    @field_validator("about", mode="before")
    @classmethod
    def _leave_out_nonsense(cls, value: Any) -> Any:
        """What a browser says of its storage must never hold up work."""
        try:
            return About.model_validate(value)
        except ValidationError:
            return None


class Ack(BaseModel):
    """The one result of an operation."""

    id: str
    result: str
    version: int
    note: dict[str, Any] | None


class Change(BaseModel):
    """A record as it is now, whole."""

    type: str
    id: str
    version: int
    fields: dict[str, Any]


class SyncAnswer(BaseModel):
    """Acknowledgements, changes, and what this person holds."""

    nonce: str
    epoch: int
    server_time: Ms
    #: the cursor of the request
    from_: Annotated[str, Field(serialization_alias="from")]
    to: str
    more: bool
    acks: list[Ack]
    changes: list[Change]
    #: [id, version] pairs of jobs and checklists; null when the phone's is right
    manifest: list[tuple[str, int]] | None
    min_proto: int
    #: true: this profile is a copy of another; left out otherwise
    fork: bool | None = None
    #: this phone is blocked; true: nothing is left on it, it is to wipe itself; left out for all others
    wipe: bool | None = None
