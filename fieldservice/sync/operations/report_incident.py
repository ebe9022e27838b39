"""Somebody of the crew reports what went wrong on site."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from fieldservice.sync.operations.base import Context, Operation
from fieldservice.sync.payloads import Strict
from fieldservice.visits import actions


class Args(Strict):
    """Arguments of `report_incident`."""

    kind: Literal["damage", "injury", "dispute", "refused_gift", "out_of_scope", "other"]
    words: Annotated[str, StringConstraints(max_length=1000)]


def apply(context: Context, args: Args) -> object:
    """Writes it down, marked when it came late."""
    return actions.report_incident(
        context.job,
        args.kind,
        args.words,
        by=context.author,
        when=context.when,
        is_late=context.is_late,
    )


OPERATION = Operation(
    kind="report_incident", merge_class="append", args=Args, apply=apply, tells="incident_reported"
)
