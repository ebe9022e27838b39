"""The technician moves the job on."""

from typing import Annotated

from pydantic import StringConstraints

from fieldservice.core.clock import from_ms
from fieldservice.jobs import actions
from fieldservice.signoff.actions import settle_sign_offs
from fieldservice.sync.operations.base import Context, Operation
from fieldservice.sync.operations.parts import NoPlace, PlaceSent, place_given
from fieldservice.sync.payloads import Ms, Strict
from fieldservice.visits.actions import check_finish, pin_checklist


class Args(Strict):
    """Arguments of `take_step`."""

    step: Annotated[str, StringConstraints(max_length=20)]
    reason: Annotated[str, StringConstraints(max_length=2000)] = ""
    promised_ms: Ms | None = None
    no_promise: Annotated[str, StringConstraints(max_length=500)] = ""
    place: PlaceSent | None = None
    no_place: NoPlace = ""
    #: the version of the checklist that the phone shows; None: it shows none
    checklist: Annotated[str, StringConstraints(max_length=36)] | None = None


def apply(context: Context, args: Args) -> object:
    """Calls the action; its rules say no with a reason. A dispatcher may accept a finish that lacks something."""
    job, when = context.job, context.when
    settle_sign_offs(job)  # once the visit has ended, less is compared with what was signed
    step = actions.take_step(job, step_given(args), by=context.author, when=when)
    if args.step == "finish" and not context.is_accepted:
        check_finish(job, args.checklist, language=context.author.language, at=when.at)
    pin_checklist(job, args.checklist, at=when.at, accepted=context.is_accepted)
    return step


def step_given(args: Args) -> actions.StepGiven:
    """The step in the words of the jobs feature."""
    return actions.StepGiven(
        step=args.step,
        reason=args.reason,
        no_promise=args.no_promise,
        promised_at=from_ms(args.promised_ms) if args.promised_ms is not None else None,
        place=place_given(args.place, args.no_place),
    )


OPERATION = Operation(kind="take_step", merge_class="technician", args=Args, apply=apply)
