"""Somebody of the crew took a photo; its bytes follow."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from fieldservice.sync.operations.base import Context, Operation
from fieldservice.sync.operations.parts import NoPlace, PlaceSent, place_given
from fieldservice.sync.payloads import Strict
from fieldservice.visits import actions

#: degrees beyond these are a fault of the camera
_LIMITS = {"lat": 90, "lng": 180}


class DeclaredSent(Strict):
    """What the camera wrote into the picture; believed by nobody, so that nonsense in it is no reason to refuse it."""

    time: Annotated[str, StringConstraints(max_length=40)] = ""
    lat: float | None = None
    lng: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nonsense(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        degrees = {name: _degree(data.get(name), limit) for name, limit in _LIMITS.items()}
        time = data.get("time")
        return {**degrees, "time": time[:40] if isinstance(time, str) and time.isprintable() else ""}


def _degree(value: Any, limit: int) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and -limit <= value <= limit else None


class Args(Strict):
    """Arguments of `add_photo`."""

    slot: Literal["before", "during", "after", "damage", "voucher", "paper"]
    item: Annotated[str, StringConstraints(max_length=40)] = ""
    caption: Annotated[str, StringConstraints(max_length=200)] = ""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    #: bytes
    size: Annotated[int, Field(ge=0, le=2**31 - 1)]
    media_type: Annotated[str, StringConstraints(max_length=255)] = ""
    source: Literal["camera", "gallery"] = "camera"
    file_name: Annotated[str, StringConstraints(max_length=1000)] = ""
    opens: bool = True
    declared: DeclaredSent | None = None
    #: id of the photo this one was taken again for
    replaces: Annotated[str, StringConstraints(max_length=36)] | None = None
    place: PlaceSent | None = None
    no_place: NoPlace = ""


def apply(context: Context, args: Args) -> object:
    """Writes the photo down, marked when it came late."""
    return actions.add_photo(
        context.job, photo_taken(args), by=context.author, when=context.when, is_late=context.is_late
    )


def photo_taken(args: Args) -> actions.PhotoTaken:
    """The photo in the words of the visits feature."""
    declared = args.declared or DeclaredSent()
    return actions.PhotoTaken(
        slot=args.slot,
        item=args.item,
        caption=args.caption,
        sha256=args.sha256,
        size=args.size,
        media_type=args.media_type,
        source=args.source,
        file_name=args.file_name,
        opens=args.opens,
        declared_time=declared.time,
        declared_lat=declared.lat,
        declared_lng=declared.lng,
        replaces_id=args.replaces,
        place=place_given(args.place, args.no_place),
    )


OPERATION = Operation(kind="add_photo", merge_class="append", args=Args, apply=apply)
