"""What the desk does about a sheet that does not count: for each reason its own advice, and the acts that help."""

from dataclasses import dataclass
from typing import Any

from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.jobs.rules import ENDED, RUNNING

#: acts that a page can offer
CALL_TECHNICIAN = "call_technician"  # while they are there, it is signed again at once
ASK_BY_LINK = "ask_by_link"  # the customer reads, confirms or signs behind the link
NEW_VISIT = "new_visit"
DECIDE = "decide"  # in the inbox: accepted into the file as late, declined, or taken note of
COMPARE = "compare"  # with what is there now
RECHECK = "recheck"  # every part, verified again
PHONES = "phones"  # whose phone it was, and whether it is blocked
EDIT_JOB = "edit_job"
PRINT_PAPER = "paper"  # a paper is signed and photographed


@dataclass(frozen=True)
class Remedy:
    """What to do, and which acts of the page help with it, the first one first."""

    words: Any
    acts: tuple[str, ...]


_AGAIN = (CALL_TECHNICIAN, ASK_BY_LINK)

#: code of a fault → what to do
REMEDIES: dict[str, Remedy] = {
    "sign_unreadable": Remedy(
        _l("Ask the technician to load the new app and have the customer sign once more. The text as it came stays in "
           "the log for the administrator."), (*_AGAIN, RECHECK)),
    "sign_key_unknown": Remedy(
        _l("Have the phone sync once, so that its key is known here, then have it signed again. If its key was known "
           "before, have every part checked: somebody may have changed the table."), (*_AGAIN, PHONES, RECHECK)),
    "sign_key_of_another": Remedy(
        _l("Ask whose phone was used and who was with the customer. Only the technician of the visit lets the customer "
           "sign, on the own phone."), (CALL_TECHNICIAN, PHONES, ASK_BY_LINK)),
    "sign_key_revoked": Remedy(
        _l("Find out who had the phone after it was blocked. Then ask the customer whether they signed: the link asks "
           "them without the technician."), (ASK_BY_LINK, PHONES, RECHECK)),
    "sign_invalid": Remedy(
        _l("Treat it as changed: have every part checked, keep the proof, tell your manager, and ask the customer by "
           "the link."), (RECHECK, ASK_BY_LINK, CALL_TECHNICIAN)),
    "sign_presented_changed": Remedy(
        _l("Compare what is said to have been shown with the work as it is, tell your manager, and have the customer "
           "read and sign the right one."), (COMPARE, RECHECK, *_AGAIN)),
    "sign_other_job": Remedy(
        _l("Look for the visit it was meant for: there its own sheet may be missing. Here the customer signs anew."),
        (*_AGAIN, RECHECK)),
    "sign_nonce_wrong": Remedy(
        _l("The phone held an old copy of this job, or the sheet was made elsewhere. Have the phone sync, then have it "
           "signed again."), (*_AGAIN, PHONES)),
    "sign_revision_used": Remedy(
        _l("Nothing is missing: the first sheet of this number counts. Compare the two; if they differ, ask the "
           "technician which one the customer read."), (COMPARE, CALL_TECHNICIAN)),
    "sign_photos_differ": Remedy(
        _l("Ask the technician what was changed about the photos after the customer had seen them, and have the sheet "
           "signed as it is now."), (COMPARE, *_AGAIN)),
    "sign_photos_unknown": Remedy(
        _l("Look whether the phone still has photos to send; a photo of another job must not be on this sheet. Then "
           "have it signed again."), (PHONES, COMPARE, *_AGAIN)),
    "sign_totals_wrong": Remedy(
        _l("Work out the right sum with the technician, call the customer before anything is collected, and have the "
           "right sheet signed."), (COMPARE, CALL_TECHNICIAN, ASK_BY_LINK)),
    "sign_over_agreed": Remedy(
        _l("Nothing above the agreed sum is collected. Call the customer: either they agree to the extra work first, "
           "or less is charged."), (COMPARE, CALL_TECHNICIAN, EDIT_JOB)),
    "sign_agreed_differs": Remedy(
        _l("Look at what the office changed about the amount since the technician set out. Put it right, have the "
           "phone sync, then have it signed again."), (COMPARE, EDIT_JOB, *_AGAIN)),
    "sign_consent_unknown": Remedy(
        _l("The customer must read our own words before signing. Have the new app loaded, then have it signed again."),
        (*_AGAIN, PHONES)),
    "sign_checklist_unknown": Remedy(
        _l("The phone worked by a checklist that is not of this visit. Have it sync, look at the answers, then have it "
           "signed again."), (COMPARE, *_AGAIN)),
    "sign_time_outside": Remedy(
        _l("Look at the phone's clock on its page and have it set to the network's time. If the customer is sure of "
           "the day, they confirm by the link."), (PHONES, ASK_BY_LINK, CALL_TECHNICIAN)),
    "sign_paper_needed": Remedy(
        _l("Have the paper form signed and photographed in the slot for papers; a drawn mark is not enough for this "
           "work by law."), (PRINT_PAPER, CALL_TECHNICIAN, NEW_VISIT)),
    "sign_reason_missing": Remedy(
        _l("Ask the technician why there is no signature and have it entered with the reason; afterwards the customer "
           "can sign by the link."), (CALL_TECHNICIAN, ASK_BY_LINK)),
    "sign_photo_missing": Remedy(
        _l("Ask the technician for the photo that proves it (the closed door, the paper, the place) and have the sheet "
           "entered again."), (CALL_TECHNICIAN, PHONES)),
    "sign_photo_used": Remedy(
        _l("One paper stands for one sheet: have this one signed on a paper of its own and photographed."),
        (CALL_TECHNICIAN, NEW_VISIT)),
    "sign_strokes_missing": Remedy(
        _l("Somebody went on without a mark or a name. Have the customer sign, or ask them by the link."), _AGAIN),
    "sign_strokes_too_many": Remedy(
        _l("No hand makes so many points: it came from no app of ours. Have the phone looked at, and the customer sign "
           "again."), (*_AGAIN, PHONES)),
    "sign_wrong_state": Remedy(
        _l("Ask the technician when it was signed. If the visit had really ended, the customer confirms or signs by "
           "the link; the sheet itself stays in the file."), (DECIDE, CALL_TECHNICIAN, ASK_BY_LINK)),
    # not of one that comes in, but of one that is looked at again
    "sign_row_changed": Remedy(
        _l("Somebody wrote into the table past the product. What was signed is untouched and counts: keep the proof, "
           "tell the administrator, and have the chain verified."), (RECHECK,)),
}  # fmt: skip


def acts_for(code: str, job_state: str, *, has_link: bool) -> tuple[str, ...]:
    """The acts that fit the visit as it is: nobody signs on a phone after the end, and nothing is asked by a link before.

    `has_link`: behind the link the customer can sign, confirm or dispute.
    """
    remedy = REMEDIES.get(code)
    found = remedy.acts if remedy else (RECHECK,)
    if job_state in ENDED:
        found = tuple(act for act in found if act != ASK_BY_LINK or has_link)
        return found if has_link or ASK_BY_LINK not in (remedy.acts if remedy else ()) else (*found, NEW_VISIT)
    if job_state in RUNNING:
        return tuple(act for act in found if act not in (ASK_BY_LINK, NEW_VISIT))
    return tuple(act for act in found if act != ASK_BY_LINK)
