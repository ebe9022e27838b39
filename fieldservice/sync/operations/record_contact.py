"""The phone opened the customer's number for a call or a message."""

from typing import Literal

from fieldservice.jobs import actions
from fieldservice.sync.operations.base import Context, Operation
from fieldservice.sync.payloads import Strict


class Args(Strict):
    """Arguments of `record_contact`."""

    channel: Literal["call", "sms"]


def apply(context: Context, args: Args) -> None:
    """Writes the contact down."""
    actions.record_contact(
        context.job, args.channel, by=context.author, when=context.when, is_late=context.is_late
    )


OPERATION = Operation(kind="record_contact", merge_class="append", args=Args, apply=apply)
