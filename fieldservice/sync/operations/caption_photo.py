"""Somebody of the crew writes other words below a photo."""

from typing import Annotated

from pydantic import StringConstraints

from fieldservice.sync.operations.base import Context, Operation
from fieldservice.sync.payloads import Strict
from fieldservice.visits import actions


class Args(Strict):
    """Arguments of `caption_photo`."""

    photo_id: Annotated[str, StringConstraints(max_length=36)]
    caption: Annotated[str, StringConstraints(max_length=200)]


def apply(context: Context, args: Args) -> object:
    """Changes the words; the ones before stand in the log."""
    return actions.caption_photo(context.job, args.photo_id, args.caption, by=context.author)


OPERATION = Operation(kind="caption_photo", merge_class="append", args=Args, apply=apply)
