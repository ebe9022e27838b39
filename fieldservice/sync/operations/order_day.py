"""The technician chooses the order of a day's stops, or goes back to the proposed one."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from fieldservice.sync.operations.base import Context, Operation
from fieldservice.sync.payloads import Id, Ms, Strict
from fieldservice.visits.actions import OrderChosen, order_day

MOST_STOPS = 60


def _a_day(text: str) -> str:
    date.fromisoformat(text)
    return text


class Args(Strict):
    """Arguments of `order_day`."""

    day: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_a_day)]
    #: the stops still to come; [] goes back to the proposed order
    order: Annotated[list[Id], Field(max_length=MOST_STOPS)]
    #: those of them that were put at their place by hand
    pinned: Annotated[list[Id], Field(max_length=MOST_STOPS)] = []
    #: when work begins at each of `order` by the phone's estimate; []: not said
    estimates: Annotated[list[Ms], Field(max_length=MOST_STOPS)] = []


def apply(context: Context, args: Args) -> object:
    """Keeps it for this technician and day; the later word stands."""
    chosen = OrderChosen(date.fromisoformat(args.day), args.order, args.pinned, args.estimates)
    return order_day(chosen, by=context.author, when=context.when)


OPERATION = Operation(kind="order_day", merge_class="last_writer", args=Args, apply=apply)
