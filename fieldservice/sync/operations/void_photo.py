"""Who took a photo, or the lead, takes it out of the visit."""

from typing import Annotated

from pydantic import StringConstraints

from fieldservice.sync.operations.base import Context, Operation
from fieldservice.sync.payloads import Strict
from fieldservice.visits import actions


class Args(Strict):
    """Arguments of `void_photo`."""

    photo_id: Annotated[str, StringConstraints(max_length=36)]
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


def apply(context: Context, args: Args) -> object:
    """Voids the photo; it stays in the history."""
    return actions.void_photo(
        context.job, args.photo_id, args.reason, by=context.author, when=context.when
    )


OPERATION = Operation(kind="void_photo", merge_class="append", args=Args, apply=apply)
