"""Words for every verdict and every check: what was asked, what was found, what it means."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.reports.rules import shown_code
from fieldservice.verification.checks import Check
from fieldservice.web.words import reason_words

#: verdict → headline, and what it means for whoever holds the file
VERDICTS: dict[str, tuple[Any, Any]] = {
    "genuine": (_l("Genuine and unchanged"), _l("This is, byte for byte, the report we made.")),
    "genuine_superseded": (_l("Genuine, but replaced by a newer one"), _l("This is a report we made. Later another revision took its place: ask for that one.")),
    "sealed": (_l("The seal is good"), _l("Nothing was changed since it was sealed. Whether it stands in the maker's list of reports could not be asked here.")),
    "not_listed": (_l("Sealed by us, but not in our list"), _l("The seal is ours and unbroken, but we have no report with this content. Please call us and show us the file.")),
    "not_pdf": (_l("This is no PDF file"), _l("Choose the PDF itself, not a picture, a screenshot or a link to it.")),
    "encrypted": (_l("This PDF has a password"), _l("Our reports have none: somebody put it on, which changes the file. Ask for the file as we made it.")),
    "too_heavy": (_l("This file cannot be looked at"), _l("It takes far more memory or time than any report. It is not a report of ours as we made it.")),
    "unreadable": (_l("This file is damaged"), _l("It cannot be read as a PDF and carries no seal that could be found. Ask for it once more.")),
    "cut": (_l("The end of the file is missing"), _l("It was cut short, as by a broken download. Fetch it again.")),
    "changed": (_l("Changed after it was sealed"), _l("Something in the file is different from what we sealed. Do not rely on it: ask us for the report.")),
    "rewritten": (_l("Written anew by another program"), _l("It was opened and saved by another program, or printed to a new file: that broke the seal. What it shows may be right or not: ask for the file as we made it.")),
    "appended": (_l("Something was put behind the end"), _l("The sealed part is as we made it, but bytes were added behind it. Do not rely on what a program shows of them: ask us for the report.")),
    "added": (_l("Something was added after it was sealed"), _l("The sealed part is still in the file, but a later change lies over it and may hide or replace what was sealed. Do not rely on it.")),
    "attachment_swapped": (_l("The attached evidence was swapped"), _l("The evidence inside is not what we sealed. Do not rely on it: ask us for the report.")),
    "seal_missing": (_l("There is no seal"), _l("Our reports are sealed. This one never was, or the seal was taken off, as by printing or saving it anew: ask for the file as we made it.")),
    "seal_several": (_l("There is more than one seal"), _l("Our reports have exactly one. Somebody signed this file as well, which is no act of ours.")),
    "hidden": (_l("Something is hidden in the seal"), _l("Bytes were changed where the seal itself stands. The content is as we sealed it, the file is not.")),
    "seal_lax": (_l("This is not how we seal"), _l("The seal allows changes, or is of another kind. It was not made as our reports are made.")),
    "signer_other": (_l("Sealed by somebody else"), _l("The file is unchanged since it was sealed, but not by us. Look below at whom the seal names.")),
    "signer_outside": (_l("Sealed when the certificate was not valid"), _l("The seal names a moment at which its certificate did not count. Do not rely on it.")),
    "other_report": (_l("A genuine report, but another one"), _l("The file is a report of ours, but not the one with the code you typed.")),
    "record_edited": (_l("The file is genuine, our own records were changed"), _l("The file is as we sealed it. What we keep ourselves about this visit was changed since: the file is what counts.")),
    "chain_rewritten": (_l("The file is genuine, our audit chain was written anew"), _l("The file is as we sealed it. Our audit chain is no longer the one it was sealed with: the file is what counts.")),
    "chain_wrong": (_l("The file is genuine, our audit chain is damaged"), _l("The file is as we sealed it. An entry of our audit chain that it names is wrong: the file is what counts.")),
    "signature_bad": (_l("The customer's signature does not fit"), _l("The seal is good, but the signed sheet inside does not fit its signature.")),
    "link_signature_bad": (_l("The customer's later signature does not fit"), _l("The seal is good, but what was signed by link does not fit the sheet.")),
    "signature_key_other": (_l("Signed with a key we do not know"), _l("The seal is good, but the phone's key in it is not the one that was registered here.")),
    "photo_changed": (_l("The file is genuine, an original photo was changed"), _l("The file is as we sealed it. The original of a photo that we keep is no longer the same.")),
    "whole_longer": (_l("More than the file we made"), _l("Up to the seal it is our file, and more stands behind it. Do not rely on that: ask us for the report.")),
    "whole_differs": (_l("Not the file we made"), _l("The seal is not broken, but the file differs from the one we made. Do not rely on it: ask us for the report.")),
    "evidence_missing": (_l("The attached evidence is missing"), _l("Every report of ours carries a file evidence.json. This one does not.")),
    "evidence_unreadable": (_l("The attached evidence cannot be read"), _l("It is not written as we write it.")),
    "evidence_differs": (_l("The attached evidence is not ours"), _l("It is another one than the one of this report in our list.")),
    "time_wrong": (_l("A time stamp in it is wrong"), _l("It dates other bytes than these. Do not rely on it.")),
}  # fmt: skip

#: what each check asks
QUESTIONS = {
    "file": _l("Can the file be read?"),
    "seal": _l("Is the seal unbroken?"),
    "signer": _l("Who sealed it?"),
    "whole": _l("Is it the whole file, byte for byte?"),
    "evidence": _l("Is the attached evidence the right one?"),
    "signature": _l("Does the customer's signature on the phone fit?"),
    "link_signature": _l("Does the signature by link fit?"),
    "photos": _l("Are the original photos unchanged?"),
    "chain": _l("Does it stand in the audit chain?"),
    "time": _l("Is there a trusted time?"),
    "revision": _l("Is it the right one?"),
}

ANSWERS = {
    "seal_good": _l("Yes. Nothing was changed since %(at)s, the time of our clock, and nothing may be."),
    "signer_ours": _l("We did: %(subject)s. Fingerprint %(fingerprint)s."),
    "signer_given_root": _l("%(subject)s, under the root that was given. Fingerprint %(fingerprint)s: compare it."),
    "signer_unproven": _l("%(subject)s. Whether that is the maker was not asked, for no root was given to compare with. Fingerprint %(fingerprint)s."),
    "signer_other": _l("Not us: %(subject)s, certified by %(issuer)s."),
    "signer_outside": _l("%(subject)s, at a moment at which this certificate was not valid (it ends on %(until)s)."),
    "signer_ended": _l("%(subject)s. The certificate has run out on %(until)s, and no trusted time proves that it was sealed before."),
    "whole_ours": _l("Yes: SHA-256 %(sha256)s stands in our list."),
    "whole_before_stamp": _l("Yes: it is our file as it was before a trusted time was added. SHA-256 %(sha256)s."),
    "whole_longer": _l("No: up to the seal it is our file, and more stands behind it. SHA-256 %(sha256)s."),
    "whole_stamped": _l("The sealed part is ours; a time stamp of somebody else was added behind it. SHA-256 %(sha256)s."),
    "whole_differs": _l("No: the report of this name has another SHA-256 than %(sha256)s."),
    "whole_unknown": _l("SHA-256 %(sha256)s does not stand in our list."),
    "whole_open": _l("Not asked: that needs the maker's list, or an evidence pack. SHA-256 %(sha256)s."),
    "evidence_good": _l("Yes: SHA-256 %(sha256)s, as in our list."),
    "evidence_inside": _l("It is whole and written as we write it; it was sealed with the file. SHA-256 %(sha256)s."),
    "signature_none": _l("There is none on this report."),
    "signature_fits": _l("Yes: the sheet, its digest and the phone's signature belong together (key %(key)s). Whose key it is was not asked."),
    "signature_good": _l("Yes: the sheet, its digest and the phone's signature belong together, and the key %(key)s was registered here."),
    "signature_bad": _l("No. %(why_words)s"),
    "signature_key_other": _l("The signature fits its key, but the key %(key)s is not the one that was registered here."),
    "link_signature_good": _l("Yes: what was signed by link is whole and means this sheet."),
    "link_signature_bad": _l("No: it was changed, or means another sheet."),
    "photos_none": _l("There are no photos on this report."),
    "photos_good": _l("Yes: photos looked at: %(count)s."),
    "photo_changed": _l("No: of %(count)s photos, changed: %(changed)s."),
    "photos_missing": _l("Of %(count)s photos, not here any more: %(missing)s. The others are unchanged."),
    "photos_open": _l("Not looked at: the originals are with the maker. Their SHA-256 stand in the evidence, photos: %(count)s."),
    "chain_none": _l("It names no entries of the audit chain."),
    "chain_open": _l("Not asked: that needs the maker's chain, or an evidence pack. Entries it names: %(count)s."),
    "chain_good": _l("Yes: the entries are as they were when it was sealed, and so is what they stand for. Entries: %(count)s."),
    "chain_proven": _l("Yes: each entry opens and leads to the tree head of %(head_at)s over %(head_size)s entries. Entries: %(count)s."),
    "chain_unsigned": _l("Each entry opens and leads to the tree head of %(head_at)s, but that carries no signature: compare it with a head that was sent out."),
    "record_edited": _l("The record that entry %(seq)s stands for was changed or deleted afterwards."),
    "chain_rewritten": _l("No: entry %(seq)s is another one than when it was sealed."),
    "chain_wrong": _l("No: entry %(seq)s is wrong in itself."),
    "time_none": _l("No trusted time: the moment (%(at)s) is that of our own clock."),
    "time_trusted": _l("Yes: it existed at %(at)s, says %(authority)s."),
    "time_unknown_authority": _l("A time stamp names %(at)s, but its authority is not known here: %(authority)s."),
    "revision_latest": _l("It is the latest: revision %(revision)s, code %(code)s."),
    "revision_old": _l("It is revision %(revision)s with the code %(code)s, replaced on %(at)s."),
    "other_report": _l("No: it is the report with another code."),
}

STATES = {"good": _l("In order"), "bad": _l("Not in order"), "open": _l("Not told here")}
ICONS = {"good": "circle-check", "bad": "circle-x", "open": "circle-help"}


def verdict_words(verdict: str) -> tuple[str, str]:
    """The headline and what it means."""
    headline, meaning = VERDICTS[verdict]
    return str(headline), str(meaning)


def answer_words(check: Check) -> str:
    """What a check found."""
    words = ANSWERS.get(check.code)
    if words is None:  # of the file itself, or of the seal: the headline says it
        return str(VERDICTS[check.code][1])
    return str(words) % _written(check.facts)


def moment_words(at: datetime | None) -> str:
    """'2026-11-22 08:00 UTC': the same for whoever reads it, wherever."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else "–"


def _written(facts: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: moment_words(value) if isinstance(value, datetime) else value for name, value in facts.items()}
    if "at" in facts:
        found["at"] = moment_words(facts["at"])
    if facts.get("head"):
        size, at = facts["head"]
        found.update(head_size=size, head_at=moment_words(at))
    if "why" in facts:
        found["why_words"] = reason_words(facts["why"])
    if "code" in facts:
        found["code"] = shown_code(facts["code"])
    return found
