"""The technician moves the job on."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from fieldservice.core.clock import from_ms
from fieldservice.jobs import actions
from fieldservice.sync.operations.base import Context, Operation
from fieldservice.sync.payloads import Ms, Strict


class PlaceSent(Strict):
    """WGS-84 degrees, accuracy in metres."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lng: Annotated[float, Field(ge=-180, le=180)]
    accuracy_m: Annotated[int, Field(ge=0, le=10_000_000)]


class Args(Strict):
    """Arguments of `take_step`."""

    step: Annotated[str, StringConstraints(max_length=20)]
    reason: Annotated[str, StringConstraints(max_length=2000)] = ""
    promised_ms: Ms | None = None
    no_promise: Annotated[str, StringConstraints(max_length=500)] = ""
    place: PlaceSent | None = None
    no_place: Literal["", "denied", "unavailable", "timeout", "off"] = ""

    @model_validator(mode="before")
    @classmethod
    def _whole_degrees(cls, data: object) -> object:
        """JSON writes 116.0 as 116; a whole number is a fine degree."""
        place = data.get("place") if isinstance(data, dict) else None
        if not isinstance(place, dict):
            return data
        degrees = {name: float(place[name]) for name in ("lat", "lng") if type(place.get(name)) is int}
        return {**data, "place": {**place, **degrees}}  # type: ignore[dict-item]


def apply(context: Context, args: Args) -> object:
    """Calls the action; its rules say no with a reason."""
    return actions.take_step(context.job, step_given(args), by=context.author, when=context.when)


def step_given(args: Args) -> actions.StepGiven:
    """The step in the words of the jobs feature (the inbox uses this too)."""
    place = args.place
    return actions.StepGiven(
        step=args.step,
        reason=args.reason,
        no_promise=args.no_promise,
        promised_at=from_ms(args.promised_ms) if args.promised_ms is not None else None,
        place=actions.Place(place.lat, place.lng, place.accuracy_m)
        if place
        else actions.Place(no_place=args.no_place),
    )


OPERATION = Operation(kind="take_step", merge_class="technician", args=Args, apply=apply)
