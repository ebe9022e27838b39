"""Somebody of the crew writes a note."""

from typing import Annotated

from pydantic import StringConstraints

from fieldservice.jobs import actions
from fieldservice.sync.operations.base import Context, Operation
from fieldservice.sync.payloads import Strict


class Args(Strict):
    """Arguments of `add_note`."""

    text: Annotated[str, StringConstraints(max_length=2000)]


def apply(context: Context, args: Args) -> None:
    """Adds the note, marked when it came late."""
    actions.add_note(
        context.job, args.text, by=context.author, when=context.when, is_late=context.is_late
    )


OPERATION = Operation(kind="add_note", merge_class="append", args=Args, apply=apply)
