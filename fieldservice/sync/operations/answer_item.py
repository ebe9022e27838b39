"""The lead answers an item of the checklist."""

from typing import Annotated, Any

from pydantic import StringConstraints

from fieldservice.sync.operations.base import Context, Operation
from fieldservice.sync.operations.parts import Storable
from fieldservice.sync.payloads import Strict
from fieldservice.visits import actions


class Args(Strict):
    """Arguments of `answer_item`."""

    #: id of the version the phone shows
    checklist: Annotated[str, StringConstraints(max_length=36)]
    item: Annotated[str, StringConstraints(max_length=40)]
    #: as the type of the item says; None takes the answer back
    value: Annotated[dict[str, Any], Storable] | None


def apply(context: Context, args: Args) -> object:
    """Writes the answer; the one before it is history."""
    return actions.answer_item(
        context.job,
        args.checklist,
        args.item,
        args.value,
        by=context.author,
        when=context.when,
        accepted=context.is_accepted,
    )


OPERATION = Operation(kind="answer_item", merge_class="technician", args=Args, apply=apply)
