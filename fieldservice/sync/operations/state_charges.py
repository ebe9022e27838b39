"""The lead says what the customer is asked to pay in the end."""

from typing import Annotated

from pydantic import Field, StringConstraints

from fieldservice.sync.operations.base import Context, Operation
from fieldservice.sync.payloads import Strict
from fieldservice.visits import actions


class LineSent(Strict):
    """A line of the charge; its limits are rules of `visits/charges.py`, which have words."""

    text: Annotated[str, StringConstraints(max_length=1000)]
    quantity_milli: int
    unit: Annotated[str, StringConstraints(max_length=100)]
    unit_price_fen: int
    amount_fen: int


class Args(Strict):
    """Arguments of `state_charges`."""

    lines: Annotated[list[LineSent], Field(max_length=200)]


def apply(context: Context, args: Args) -> object:
    """Writes the statement; the one before it is history."""
    return actions.state_charges(
        context.job,
        [line.model_dump() for line in args.lines],
        by=context.author,
        when=context.when,
        accepted=context.is_accepted,
    )


OPERATION = Operation(kind="state_charges", merge_class="technician", args=Args, apply=apply)
