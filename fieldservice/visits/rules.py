"""Pure rules of a visit: warranty, what may be answered when, what sheets say, when it can be closed."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fieldservice.checklists.rules import BEFORE_FINISH
from fieldservice.evidence.rules import Photo, is_left_unchecked
from fieldservice.jobs.rules import CANCELLED, ENDED

WARRANTY_MONTHS = 12

#: a visit in one of these can be closed; nothing came of a cancelled one
CLOSABLE = ENDED - {CANCELLED}

#: outcomes of a sheet by which the customer agrees to what it says; a neighbour is only a witness
AGREEING = frozenset({"signed", "paper"})
#: outcomes by which somebody put a name below the finished work
SIGNING = AGREEING | {"neighbour"}


@dataclass(frozen=True)
class Fault:
    """Why something cannot be: a code with words, and how many stand in the way."""

    code: str
    count: int


def is_under_warranty(warranty_start_on: date | None, purchased_on: date | None, day: date) -> bool:
    """Whether a floor is still under warranty on `day`: the same day a year later is the last one.

    Both None: nobody knows when it began, so it is not.
    """
    start = warranty_start_on or purchased_on
    return start is not None and day <= _months_later(start, WARRANTY_MONTHS)


def answer_fault(state: str, phase: str) -> str | None:
    """Why an item of this phase cannot be answered in this state of the job; None: it can."""
    if state == CANCELLED:
        return "job_cancelled"
    return "job_ended" if state in ENDED and phase in BEFORE_FINISH else None


def charge_fault(state: str) -> str | None:
    """Why charges cannot be stated in this state of the job; None: they can."""
    if state == CANCELLED:
        return "job_cancelled"
    return "job_ended" if state in ENDED else None


def is_signed(sheets: Sequence[dict[str, Any]]) -> bool:
    """Whether there is a sign-off, with whatever outcome, that stands for the job as it is now."""
    return any(_is_valid(sheet, "sign_off") and sheet["current"] for sheet in sheets)


def has_customer_signed(sheets: Sequence[dict[str, Any]]) -> bool:
    """Whether somebody put a name below the job as it is now; a refusal or an absence is no signature."""
    return any(_is_valid(sheet, "sign_off") and sheet["current"] and _has_name(sheet) for sheet in sheets)


def _has_name(sheet: dict[str, Any]) -> bool:
    """On site, or by the customer's link afterwards."""
    return sheet["outcome"] in SIGNING or sheet.get("by_link") is not None


def can_be_waived(photo: Photo, at: datetime) -> bool:
    """Whether the office may do without it: the bytes have not come, are no usable picture, or could not be checked."""
    blob = photo.blob
    return blob.state != "verified" or blob.picture == "unusable" or is_left_unchecked(blob, at)


def agreed_lines(sheets: Sequence[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Lines of the latest agreement the customer consented to; None: there is none."""
    latest = latest_agreement(sheets)
    return latest["lines"] if latest else None


def latest_agreement(sheets: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The latest sheet by which the customer agreed to charges; None: there is none. A late one does not stand yet."""
    found = [
        sheet
        for sheet in sheets
        if _is_valid(sheet, "agreement") and sheet["current"] and sheet["outcome"] in AGREEING
    ]
    return max(found, key=lambda sheet: sheet["revision"], default=None)


def signed_lines(sheets: Sequence[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Lines of the latest sign-off the customer consented to, outdated ones too: more than it showed was never agreed to.

    None: there is none, or the customer agreed to other charges after it.
    """
    found = [sheet for sheet in sheets if _is_valid(sheet, "sign_off") and sheet["outcome"] in AGREEING]
    latest = max(found, key=_signed_at, default=None)
    agreement = latest_agreement(sheets)
    if latest is None or (agreement is not None and _signed_at(agreement) > _signed_at(latest)):
        return None
    lines: list[dict[str, Any]] = latest["lines"]
    return lines


def _signed_at(sheet: dict[str, Any]) -> tuple[int, str]:
    return sheet["at_ms"], sheet["id"]


def closing_fault(photos: Sequence[Photo]) -> Fault | None:
    """What of the evidence keeps the office from closing; None: it is whole, or was waived."""
    return next(iter(closing_faults(photos)), None)


def closing_faults(photos: Sequence[Photo]) -> list[Fault]:
    """Everything of the evidence that stands in the way of closing."""
    standing = [photo for photo in photos if not photo.is_void and photo.waived_at is None]
    on_their_way = sum(photo.blob.state != "verified" for photo in standing)
    unusable = sum(photo.blob.picture == "unusable" for photo in standing)
    # looked at within a minute; closed before, an unusable one would stand in a closed visit
    unchecked = sum((photo.blob.state, photo.blob.picture) == ("verified", "unchecked") for photo in standing)
    counted = (("photos_missing", on_their_way), ("photos_unchecked", unchecked), ("photos_unusable", unusable))
    return [Fault(code, count) for code, count in counted if count]


def _is_valid(sheet: dict[str, Any], kind: str) -> bool:
    return bool(sheet["kind"] == kind and sheet["state"] == "valid")


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last one."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
