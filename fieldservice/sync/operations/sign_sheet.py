"""The customer was shown a sheet; what came of it is signed by the key of the phone."""

from typing import Annotated

from pydantic import StringConstraints

from fieldservice.signoff import actions
from fieldservice.sync.operations.base import Context, Operation, SetAside
from fieldservice.sync.payloads import Strict

Text = Annotated[str, StringConstraints(max_length=262_144)]


class Args(Strict):
    """Arguments of `sign_sheet`: canonical JSON as text, and raw r‖s as unpadded base64url."""

    presented: Text
    payload: Text
    signature: Text


def apply(context: Context, args: Args) -> object:
    """Keeps the sheet; one that does not verify is set aside with its reason."""
    given = actions.Signing(args.presented, args.payload, args.signature)
    fault = actions.sign_sheet(
        context.job, given, by=context.author, when=context.when, is_late=context.is_late
    )
    return SetAside(fault) if fault else None


OPERATION = Operation(
    kind="sign_sheet", merge_class="append", args=Args, apply=apply, final=frozenset({"not_lead"})
)
