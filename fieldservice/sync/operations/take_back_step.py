"""The technician takes the last step back, with a reason."""

from typing import Annotated

from pydantic import StringConstraints

from fieldservice.jobs import actions
from fieldservice.sync.operations.base import Context, Operation
from fieldservice.sync.payloads import Id, Strict
from fieldservice.visits.actions import check_not_signed, check_open


class Args(Strict):
    """Arguments of `take_back_step`."""

    step_id: Id
    reason: Annotated[str, StringConstraints(max_length=2000)]


def apply(context: Context, args: Args) -> object:
    """Voids the step; the job is where it was before. What the customer signed or the office closed stays as it is."""
    check_open(context.job)
    if not context.is_accepted:
        check_not_signed(context.job)
    return actions.take_back_step(
        context.job, args.step_id, args.reason, by=context.author, when=context.when
    )


OPERATION = Operation(kind="take_back_step", merge_class="technician", args=Args, apply=apply)
