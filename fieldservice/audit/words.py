"""Words for what stands in the chain."""

from typing import Any

from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.web.job_words import ACTS

#: kinds of entries; those of phones and desk say it as everywhere (`job_words.ACTS`)
KINDS: dict[str, Any] = {
    "access.signed_in": _l("signed in"), "access.sign_in_failed": _l("a sign-in failed"),
    "access.signed_out": _l("signed out"), "access.session_ended": _l("ended a sign-in"),
    "access.all_sessions_ended": _l("ended all sign-ins"),
    "access.password_changed": _l("changed the password"), "access.link_made": _l("made a one-time link"),
    "access.link_used": _l("came in by a one-time link"), "access.code_failed": _l("a code failed"),
    "access.device_registered": _l("registered a phone"), "access.device_revoked": _l("blocked a phone"),
    "access.device_restored": _l("let a phone in again"), "access.device_wiped": _l("a phone was wiped"),
    "access.list_exported_csv": _l("took a list along"), "access.list_exported_xlsx": _l("took a list along"),
    "access.branch_added": _l("added a branch"), "access.branch_changed": _l("changed a branch"),
    "access.phone_opened": _l("opened the phone number"), "access.original_opened": _l("opened an original photo"),
    "access.rescue_brought": _l("brought a file of unsent work"),
    "access.rescue_downloaded": _l("took a file of unsent work"),
    "access.person_added": _l("added an account"), "access.person_changed": _l("changed an account"),
    "access.person_disabled": _l("disabled an account"), "access.person_enabled": _l("let an account in again"),
    "office.add_person": _l("added an account"), "office.change_person": _l("changed an account"),
    "office.disable_person": _l("disabled an account"), "office.enable_person": _l("let an account in again"),
    "office.set_language": _l("chose a language"),
    "office.share_position": _l("agreed to show the last position while on duty, or took it back"),
    "office.set_portrait": _l("set a portrait"),
    "office.remove_portrait": _l("removed a portrait"),
    "role.given": _l("gave roles"), "role.changed": _l("changed roles"),
    "office.add_customer": _l("added the customer"), "office.change_customer": _l("changed the customer"),
    "office.add_site": _l("added an address"), "office.change_site": _l("changed an address"),
    "office.locate_site": _l("set the position of an address"),
    "office.add_product": _l("added a floor"), "office.change_product": _l("changed a floor"),
    "office.open_case": _l("opened the case"), "office.change_case": _l("changed the case"),
    "office.make_link": _l("made the customer's link"), "office.rotate_link": _l("made a new customer's link"),
    "office.revoke_link": _l("took the customer's link back"),
    "office.answer_customer": _l("answered the customer"), "office.bring_rescue": _l("brought a file of unsent work"),
    "office.erase_customer": _l("erased the customer's data"),
    "customer.confirmed": _l("The customer confirmed the work"),
    "customer.disputed": _l("The customer disputed the work"),
    "customer.wish": _l("The customer wished for another time"), "customer.rating": _l("The customer rated the visit"),
    "customer.complaint": _l("The customer complained"), "customer.answered": _l("answered the customer"),
    "customer.looked_after": _l("looks after what the customer said"),
    "customer.code_sent": _l("A code was sent to the customer's number"),
    "customer.code_entered": _l("The customer entered the code"),
    "signature.by_link": _l("The customer signed by link"),
    "report.sealed": _l("A report was sealed"), "report.time_stamped": _l("A report got its trusted time"),
    "access.report_downloaded": _l("took a report along"),
    "access.evidence_pack": _l("took an evidence pack along"),
    "office.draft_checklist": _l("began a draft of a checklist"),
    "office.save_checklist": _l("saved a draft of a checklist"),
    "office.discard_checklist": _l("discarded a draft of a checklist"),
    "office.publish_checklist": _l("published a checklist"),
    "office.add_branch": _l("added a branch"), "office.change_branch": _l("changed a branch"),
    "office.set_travel": _l("set the travel times of a branch"),
    "office.add_skill": _l("added a skill"), "office.change_skill": _l("changed a skill"),
    "office.retire_skill": _l("retired a skill"), "office.bring_back_skill": _l("offered a skill again"),
    "office.change_planning": _l("changed skills, hours or way of a person"),
    "office.change_days": _l("entered days off or other hours"),
    "office.take_back_days": _l("took days off or other hours back"),
    "office.change_branch_planning": _l("changed place or hours of a branch"),
    "office.apply_roster": _l("imported a list of the team"),
    "office.undo_roster": _l("undid an import of the team"),
    "office.apply_import": _l("imported a list"), "office.undo_import": _l("undid an import"),
    "office.ask_proposal": _l("asked for a proposal"), "office.call_off_proposal": _l("called a proposal off"),
    "office.accept_proposal": _l("accepted a proposal"),
    "office.take_back_proposal": _l("took an accepted proposal back"),
    "office.choose_language": _l("chose a language"),
    "office.take_over_word": _l("looks after what the customer said"),
    "hold.set": _l("kept the case for a dispute"), "hold.released": _l("ended the keeping of the case"),
    "retention.asked": _l("had removed what may not be kept longer"),
    "retention.done": _l("What may not be kept longer was removed"),
    "audit.erased": _l("Personal facts were erased"), "audit.began": _l("The audit chain began"),
}  # fmt: skip

#: kind of what has a time → (what it is, what happens to it, setting with its number)
RETAINED_WORDS: dict[str, tuple[Any, Any, Any]] = {
    "customers": (
        _l("Customers of whom everything is closed"),
        _l(
            "Erased as on request: name, phone, addresses, photos with originals, signatures, reports. Number, day, crew "
            "and charges of the visits stay."
        ),
        _l("%(number)s years after the last of it was closed"),
    ),
    "access": (
        _l("Access log"),
        _l(
            "Who signed in, opened a number or an original, took a list along: entry and its facts. The places in the "
            "chain stay."
        ),
        _l("%(number)s years"),
    ),
    "places": (
        _l("Places of the technicians' steps"),
        _l(
            "Where the phone was when somebody departed, arrived, began, ended. Photos and signatures keep theirs; the "
            "facts of the step in the chain go with it."
        ),
        _l("%(number)s days after the visit was closed"),
    ),
}  # fmt: skip

TROUBLES = {
    "head_refused": _l("The other side did not take it (status %(detail)s). It is tried again."),
    "no_answer": _l("No answer (%(detail)s). It is tried again."),
    "address_refused": _l("Nothing was sent: %(detail)s. Change FIELDSERVICE_AUDIT_HEADS_TO."),
    "no_mail_server": _l("There is no mail server: set FIELDSERVICE_MAIL_SERVER."),
}


def kind_words(kind: str) -> str:
    """What an entry stands for, in a few words; one that has none is called by its kind."""
    return str(KINDS.get(kind) or ACTS.get(kind) or ACTS.get(kind.removeprefix("op.")) or kind)


def trouble_words(code: str, detail: str) -> str:
    """Why a head has not arrived."""
    return str(TROUBLES[code]) % {"detail": detail}
