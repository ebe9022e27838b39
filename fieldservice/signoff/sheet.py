"""The two texts of a sign sheet, read strictly: shapes of docs/visit.md, version 1."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from fieldservice.core import canonical, json

#: characters of a text: a request has 256 kB in all
MAX_TEXT = 200_000

Id = Annotated[str, StringConstraints(min_length=1, max_length=36)]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Whole = Annotated[int, Field(ge=-canonical.MAX_WHOLE, le=canonical.MAX_WHOLE)]
Moment = Annotated[int, Field(ge=0, le=253_370_764_799_999)]
Count = Annotated[int, Field(ge=0, le=canonical.MAX_WHOLE)]
Small = Annotated[int, Field(ge=0, le=100_000)]
#: a number the database keeps as a plain integer
Money = Annotated[int, Field(ge=0, le=2**31 - 1)]
Short = Annotated[str, StringConstraints(max_length=500)]
Words = Annotated[str, StringConstraints(max_length=2000)]
Kind = Literal["sign_off", "agreement"]
Outcome = Literal["signed", "refused", "absent", "neighbour", "paper"]
Role = Literal["", "customer", "family", "tenant", "property", "neighbour", "other"]
Language = Annotated[str, StringConstraints(min_length=2, max_length=8)]
Consent = Annotated[str, StringConstraints(min_length=1, max_length=8)]


class _Exact(BaseModel):
    """Exactly these fields: what is signed has no room for others."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class JobShown(_Exact):
    id: Id
    number: Short
    type: Short
    run: Small


class CustomerShown(_Exact):
    name: Short
    address_form: Short


class BranchShown(_Exact):
    name: Short
    phone: Short


class TechnicianShown(_Exact):
    id: Id
    name: Short
    badge_no: Short


class NotDone(_Exact):
    words: Words
    why: Words


class ChecklistShown(_Exact):
    id: Id | None
    done: Small
    of: Small
    not_done: Annotated[list[NotDone], Field(max_length=300)]


class ResultShown(_Exact):
    label: Words
    value: Words


class PhotoShown(_Exact):
    sha256: Hash
    slot: Short
    caption: Short
    at_ms: Moment


class LineShown(_Exact):
    text: Short
    quantity_milli: Whole
    unit: Short
    unit_price_fen: Whole
    amount_fen: Whole


class Presented(_Exact):
    """All the customer saw."""

    v: Literal[1]
    kind: Kind
    language: Language
    revision: Annotated[int, Field(ge=1, le=10_000)]
    consent: Consent
    statement: Words
    job: JobShown
    customer: CustomerShown
    site: Short
    branch: BranchShown
    technician: TechnicianShown
    shown_ms: Moment
    checklist: ChecklistShown
    found: Annotated[list[Words], Field(max_length=300)]
    done: Annotated[list[Words], Field(max_length=300)]
    results: Annotated[list[ResultShown], Field(max_length=300)]
    photos: Annotated[list[PhotoShown], Field(max_length=300)]
    lines: Annotated[list[LineShown], Field(max_length=100)]
    total_fen: Money
    agreed_fen: Money


class Signer(_Exact):
    name: Annotated[str, StringConstraints(max_length=60)]
    role: Role


Mark = Annotated[int, Field(ge=1, le=5)]


class Rating(_Exact):
    """1 to 5; None: this one was left out."""

    attitude: Mark | None
    efficiency: Mark | None
    skill: Mark | None
    words: Short


class PlaceSigned(_Exact):
    """Ten-millionths of a degree (WGS-84), metres."""

    lat_e7: Annotated[int, Field(ge=-900_000_000, le=900_000_000)]
    lng_e7: Annotated[int, Field(ge=-1_800_000_000, le=1_800_000_000)]
    accuracy_m: Annotated[int, Field(ge=0, le=10_000_000)]


class AnchorSigned(_Exact):
    server_ms: Moment
    t: Count
    rtt: Count


class MonoSigned(_Exact):
    page: Annotated[str, StringConstraints(max_length=16)]
    t: Count
    anchor: AnchorSigned | None


InBox = Annotated[int, Field(ge=0, le=10_000)]
Point = tuple[InBox, InBox, Count, Annotated[int, Field(ge=0, le=1000)]]


class SignedPayload(_Exact):
    """What the device key signed."""

    v: Literal[1]
    kind: Kind
    outcome: Outcome
    job: Id
    run: Small
    revision: Annotated[int, Field(ge=1, le=10_000)]
    nonce: Annotated[str, StringConstraints(max_length=64)]
    presented_sha256: Hash
    photos_sha256: Hash
    signer: Signer
    reason: Short
    photo: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")]
    strokes: Annotated[list[Annotated[list[Point], Field(min_length=1)]], Field(max_length=4000)]
    consent: Consent
    language: Language
    rating: Rating | None
    place: PlaceSigned | None
    no_place: Literal["", "denied", "unavailable", "timeout", "off"]
    device_ms: Moment
    mono: MonoSigned
    key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    technician: Id


#: a mark as it comes by link
Strokes = TypeAdapter(Annotated[list[Annotated[list[Point], Field(min_length=1)]], Field(max_length=4000)])


def read_strokes(text: str) -> list[Any] | None:
    """The mark of a form; None when it is none of the right shape. Lists of points as JSON has them."""
    try:
        if len(text) > MAX_TEXT:
            return None
        return [[list(point) for point in stroke] for stroke in Strokes.validate_json(text, strict=True)]
    except ValidationError:
        return None


@dataclass(frozen=True)
class Sheet:
    """A sign sheet that could be read."""

    presented: Presented
    payload: SignedPayload
    presented_text: str
    payload_text: str
    signature: str
    #: both texts are the canonical ones of what they say
    is_canonical: bool


def read_sheet(presented: str, payload: str, signature: str) -> Sheet | None:
    """The sheet; None when one of the texts is not JSON of the right shape."""
    try:
        shown, signed = _value(presented), _value(payload)
        # as JSON, for lists stand where Python has tuples
        return Sheet(
            presented=Presented.model_validate_json(presented),
            payload=SignedPayload.model_validate_json(payload),
            presented_text=presented,
            payload_text=payload,
            signature=signature,
            is_canonical=canonical.is_canonical(presented, shown) and canonical.is_canonical(payload, signed),
        )
    except (json.BadJson, ValidationError, ValueError):
        return None


def _value(text: str) -> Any:
    """The value of a text: no NaN, no doubled key, no depth above that of our JSON. Raises ValueError."""
    if len(text) > MAX_TEXT:
        raise ValueError("too long")
    value = json.loads(text)
    if not _can_be_kept(value):
        raise ValueError("text that no database holds")
    return value


def _can_be_kept(value: Any) -> bool:
    """No NUL and no half of a character in any text. Depth is bounded by what was read."""
    if isinstance(value, dict):
        return all(_can_be_kept(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return all(map(_can_be_kept, value))
    return not isinstance(value, str) or not any(
        letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value
    )
