"""Words for the steps by which a signature is verified, for what differs between sheets, and for weak marks."""

from typing import Any

from fieldservice.core.i18n import lazy_gettext as _l

#: code of a step → what is looked at
STEPS: dict[str, Any] = {
    "sign_unreadable": _l("Both texts are in the one form they were signed in"),
    "sign_key_unknown": _l("The key that the sheet names is registered here, and is the one of that number"),
    "sign_key_of_another": _l("Key, sheet and entry are of one and the same technician"),
    "sign_key_revoked": _l("The key was good when it signed"),
    "sign_invalid": _l("The signature of the phone's key fits the payload"),
    "sign_presented_changed": _l("The payload names exactly the text that was shown"),
    "sign_other_job": _l("It is a sheet of this job and of this crew"),
    "sign_nonce_wrong": _l("It carries the number that only this job's phone was given"),
    "sign_revision_used": _l("No other sheet of this number counts"),
    "sign_photos_differ": _l("The photos on the sheet are those that were signed"),
    "sign_photos_unknown": _l("All photos on the sheet are of this job"),
    "sign_totals_wrong": _l("The lines add up to the total"),
    "sign_over_agreed": _l("No more is charged than was agreed"),
    "sign_agreed_differs": _l("The agreed amount is the one known here"),
    "sign_consent_unknown": _l("The consent text is ours, word for word"),
    "sign_checklist_unknown": _l("The checklist is one of this job"),
    "sign_time_outside": _l("Signed and confirmed within ten minutes, by the phone's clock and by the server's anchor"),
    "sign_paper_needed": _l("This work may be signed on a screen"),
    "sign_reason_missing": _l("A reason stands where one is needed"),
    "sign_photo_missing": _l("The photo of the outcome is there where one is needed"),
    "sign_photo_used": _l("Its paper stands for no other sheet"),
    "sign_strokes_missing": _l("There is a mark, and a name with it"),
    "sign_strokes_too_many": _l("The mark is one a hand can make"),
    "sign_row_changed": _l("The table repeats what was signed"),
    "sign_key_registered": _l("The key had been registered before it signed"),
    "sign_chain": _l("The audit chain holds the row as it is now"),
    "link_unreadable": _l("What was signed can be read"),
    "link_digest": _l("What was signed comes to its own digest"),
    "link_sheet": _l("It names this sheet"),
    "link_presented": _l("It names exactly the text that was shown on site"),
    "link_consent": _l("The text agreed to is ours, word for word"),
    "link_mark": _l("There is a mark that a hand can make"),
    "link_row": _l("The table repeats what was signed by link"),
}

#: code of a step → what it means that it fails, where no reason code says it
FAILED: dict[str, Any] = {
    "link_unreadable": _l("The text is damaged: somebody wrote into the table."),
    "link_digest": _l("The text was changed after it was signed by link."),
    "link_sheet": _l("It was signed under another sheet, and was put here."),
    "link_presented": _l("The sheet's text is not the one that the customer read and signed by link."),
    "link_consent": _l("The customer would have agreed to words that are not ours."),
    "link_mark": _l("There is no mark, or none that a hand can make."),
    "link_row": _l("Name, time, link or tie in the table are not those that were signed."),
    "sign_row_changed": _l("In the table were changed: %(names)s. The texts that were signed still say what they said."),
    "sign_key_registered": _l("It was registered later, as after a restore: it does not tell who held it then."),
    "sign_chain": _l("It stands in no entry of the chain: it was put in past the product."),
}
CHANGED_SINCE = _l("It fitted when it came. What the office changed since would not fit any more: see what changed.")

STATES = {"good": _l("fits"), "bad": _l("does not fit"), "changed": _l("fitted then"), "open": _l("cannot be told")}
STATE_ICONS = {"good": "circle-check", "bad": "triangle-alert", "changed": "history", "open": "info"}

#: field of a sheet → its name when two are compared
FIELDS: dict[str, Any] = {
    "found": _l("What was found"), "done": _l("What was done"), "results": _l("Measured and chosen"),
    "checklist": _l("Checklist"), "photos": _l("Photos"), "lines": _l("Lines of the charge"), "total_fen": _l("Total"),
    "agreed_fen": _l("Agreed amount"), "customer": _l("Customer"), "site": _l("Address"),
    "technician": _l("Technician"), "statement": _l("Statement"), "language": _l("Language of the sheet"),
}  # fmt: skip
CHANGES = {"added": _l("new"), "removed": _l("gone"), "edited": _l("changed")}

#: act → icon and words
ACTS: dict[str, tuple[str, Any]] = {
    "call_technician": ("phone", _l("Call the technician")),
    "ask_by_link": ("link", _l("Ask the customer by the link")),
    "new_visit": ("plus", _l("Plan a new visit")),
    "compare": ("history", _l("See what changed")),
    "recheck": ("shield-check", _l("Check every part")),
    "phones": ("smartphone", _l("Look at the phone")),
    "edit_job": ("pencil", _l("Put the amount right")),
    "paper": ("printer", _l("Have the paper signed: call")),
}
