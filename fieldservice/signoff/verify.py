"""Verifies a sign sheet: each fault with its own code, in the order of docs/visit.md.

Some checks are about the sheet alone and hold for ever (`seal_fault`); the others about the job at the moment it came in.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fieldservice.core.keys import has_signed, key_id
from fieldservice.signoff import rules
from fieldservice.signoff.sheet import Presented, Sheet
from fieldservice.visits import charges

#: signing and confirming are one act: the clocks of both may differ by this
TOLERANCE_MS = 10 * 60 * 1000


@dataclass(frozen=True)
class KnownKey:
    """A device key as the server knows it."""

    person_id: str
    #: SubjectPublicKeyInfo (DER) as base64
    spki: str
    #: None: good
    revoked_at: datetime | None


@dataclass(frozen=True)
class Circumstances:
    """What the server knows about the job and the operation at the moment the sheet came in."""

    author_id: str
    job_id: str
    run: int
    #: somebody else leads by now, or it was cancelled: the sheet belongs to this or an earlier run
    is_late: bool
    nonce: str
    #: revisions of the sheet's kind and run that are signed already
    used_revisions: frozenset[int]
    #: hashes of the photos of the job, those of papers among them, and what of these stands for another sheet
    photos: frozenset[str]
    papers: frozenset[str]
    used_papers: frozenset[str]
    #: what the office planned, and that with what the customer agreed to
    planned_fen: int
    agreed_fen: int
    #: ids of checklist versions this visit can have been done by
    checklists: frozenset[str]
    stops_supply: bool
    #: when it happened, corrected, and what the phone's clock said then; milliseconds since 1970
    happened_ms: int
    device_ms: int
    happened_at: datetime


def fault_of(sheet: Sheet, key: KnownKey | None, facts: Circumstances) -> str:
    """The first thing that is wrong with it: a code with words; '' when it is valid."""
    return next((code for code, is_wrong in _CHECKS if is_wrong(sheet, key, facts)), "")


def seal_fault(sheet: Sheet, key: KnownKey | None) -> str:
    """As `fault_of`, for what can be told from the kept texts and the key alone, at any time."""
    return next((code for code, is_wrong in _SEAL if is_wrong(sheet, key)), "")


def all_checks(sheet: Sheet, key: KnownKey | None, facts: Circumstances) -> list[tuple[str, bool]]:
    """Every check by its code, in order, with whether the sheet passes it; not only the first that it does not."""
    return [(code, not is_wrong(sheet, key, facts)) for code, is_wrong in _CHECKS]


def _is_unreadable(sheet: Sheet, _key: KnownKey | None) -> bool:
    return not sheet.is_canonical


def _has_unknown_key(sheet: Sheet, key: KnownKey | None) -> bool:
    """Nobody registered it, or another key was put into its place: a key is called by its own digest."""
    return key is None or key_id(key.spki) != sheet.payload.key


def _is_invalid(sheet: Sheet, key: KnownKey | None) -> bool:
    return key is None or not has_signed(key.spki, sheet.signature, sheet.payload_text.encode())


def _is_other_presented(sheet: Sheet, _key: KnownKey | None) -> bool:
    """The digest differs, or the two texts contradict each other."""
    shown, signed = sheet.presented, sheet.payload
    said = (shown.kind, shown.job.id, shown.job.run, shown.revision, shown.consent, shown.language, shown.technician.id)
    meant = (signed.kind, signed.job, signed.run, signed.revision, signed.consent, signed.language, signed.technician)
    return sha256(sheet.presented_text) != signed.presented_sha256 or said != meant


def _has_other_photos(sheet: Sheet, _key: KnownKey | None) -> bool:
    return sha256("\n".join(photo.sha256 for photo in sheet.presented.photos)) != sheet.payload.photos_sha256


def _has_wrong_totals(sheet: Sheet, _key: KnownKey | None) -> bool:
    lines = lines_of(sheet.presented)
    return charges.check_lines(lines) is not None or charges.total_fen(lines) != sheet.presented.total_fen


def _has_unknown_consent(sheet: Sheet, _key: KnownKey | None) -> bool:
    shown = sheet.presented
    known = rules.statement(shown.consent, shown.kind, sheet.payload.outcome, shown.language)
    return known is None or known != shown.statement


def _lacks_reason(sheet: Sheet, _key: KnownKey | None) -> bool:
    return sheet.payload.outcome not in rules.WITHOUT_REASON and not sheet.payload.reason.strip()


def _lacks_photo(sheet: Sheet, _key: KnownKey | None) -> bool:
    return sheet.payload.outcome != "signed" and not sheet.payload.photo


def _lacks_strokes(sheet: Sheet, _key: KnownKey | None) -> bool:
    """No mark, or no name of who made it."""
    signed = sheet.payload
    return signed.outcome in rules.WITH_STROKES and not (signed.strokes and signed.signer.name.strip())


def _has_too_many_points(sheet: Sheet, _key: KnownKey | None) -> bool:
    return sum(map(len, sheet.payload.strokes)) > rules.MOST_POINTS


def _is_key_of_another(sheet: Sheet, key: KnownKey | None, facts: Circumstances) -> bool:
    return {key.person_id if key else "", sheet.payload.technician} != {facts.author_id}


def _is_key_revoked(_sheet: Sheet, key: KnownKey | None, facts: Circumstances) -> bool:
    return key is not None and key.revoked_at is not None and facts.happened_at >= key.revoked_at


def _is_of_other_job(sheet: Sheet, _key: KnownKey | None, facts: Circumstances) -> bool:
    run = sheet.payload.run
    is_own_run = run <= facts.run if facts.is_late else run == facts.run
    return sheet.payload.job != facts.job_id or not is_own_run


def _has_wrong_nonce(sheet: Sheet, _key: KnownKey | None, facts: Circumstances) -> bool:
    return sheet.payload.nonce != facts.nonce


def _is_used(sheet: Sheet, _key: KnownKey | None, facts: Circumstances) -> bool:
    return sheet.payload.revision in facts.used_revisions


def _has_unknown_photos(sheet: Sheet, _key: KnownKey | None, facts: Circumstances) -> bool:
    return not facts.photos.issuperset(photo.sha256 for photo in sheet.presented.photos)


def _is_over_agreed(sheet: Sheet, _key: KnownKey | None, facts: Circumstances) -> bool:
    """An agreement makes what is agreed; the finished work cannot cost more than that."""
    shown = sheet.presented
    most = facts.agreed_fen if shown.kind == rules.SIGN_OFF else shown.agreed_fen
    return shown.total_fen > min(most, shown.agreed_fen)


def _says_other_agreed(sheet: Sheet, _key: KnownKey | None, facts: Circumstances) -> bool:
    """The customer saw another sum than is agreed to, or than this agreement makes it."""
    shown = sheet.presented
    known = facts.agreed_fen if shown.kind == rules.SIGN_OFF else facts.planned_fen + shown.total_fen
    return shown.agreed_fen != known


def _has_unknown_checklist(sheet: Sheet, _key: KnownKey | None, facts: Circumstances) -> bool:
    return sheet.presented.checklist.id not in {None, *facts.checklists}


def _is_outside_time(sheet: Sheet, _key: KnownKey | None, facts: Circumstances) -> bool:
    """The phone's clock was another one when it signed than when it confirmed, or the anchor tells of another moment."""
    signed = sheet.payload
    anchor = signed.mono.anchor
    moments = [(signed.device_ms, facts.device_ms)]
    if anchor is not None:
        moments.append((anchor.server_ms + signed.mono.t - anchor.t, facts.happened_ms))
    return any(abs(found - known) > TOLERANCE_MS for found, known in moments)


def _needs_paper(sheet: Sheet, _key: KnownKey | None, facts: Circumstances) -> bool:
    return facts.stops_supply and sheet.payload.outcome in rules.WITH_STROKES


def _has_unknown_photo(sheet: Sheet, key: KnownKey | None, facts: Circumstances) -> bool:
    known = facts.papers if sheet.payload.outcome == rules.PAPER else facts.photos
    return _lacks_photo(sheet, key) or sheet.payload.photo not in {"", *known}


def _has_used_paper(sheet: Sheet, _key: KnownKey | None, facts: Circumstances) -> bool:
    """Each sheet that was signed on paper has a paper of its own."""
    return sheet.payload.outcome == rules.PAPER and sheet.payload.photo in facts.used_papers


_AlwaysCheck = Callable[[Sheet, KnownKey | None], bool]
_Check = Callable[[Sheet, KnownKey | None, Circumstances], bool]

#: what a sheet and its key tell alone, in the order of `_CHECKS`
_SEAL: tuple[tuple[str, _AlwaysCheck], ...] = (
    ("sign_unreadable", _is_unreadable),
    ("sign_key_unknown", _has_unknown_key),
    ("sign_invalid", _is_invalid),
    ("sign_presented_changed", _is_other_presented),
    ("sign_photos_differ", _has_other_photos),
    ("sign_totals_wrong", _has_wrong_totals),
    ("sign_consent_unknown", _has_unknown_consent),
    ("sign_reason_missing", _lacks_reason),
    ("sign_photo_missing", _lacks_photo),
    ("sign_strokes_missing", _lacks_strokes),
    ("sign_strokes_too_many", _has_too_many_points),
)


def _always(code: str) -> tuple[str, _Check]:
    check = dict(_SEAL)[code]
    return code, lambda sheet, key, _facts: check(sheet, key)


#: the order of docs/visit.md
_CHECKS: tuple[tuple[str, _Check], ...] = (
    _always("sign_unreadable"),
    _always("sign_key_unknown"),
    ("sign_key_of_another", _is_key_of_another),
    ("sign_key_revoked", _is_key_revoked),
    _always("sign_invalid"),
    _always("sign_presented_changed"),
    ("sign_other_job", _is_of_other_job),
    ("sign_nonce_wrong", _has_wrong_nonce),
    ("sign_revision_used", _is_used),
    _always("sign_photos_differ"),
    ("sign_photos_unknown", _has_unknown_photos),
    _always("sign_totals_wrong"),
    ("sign_over_agreed", _is_over_agreed),
    ("sign_agreed_differs", _says_other_agreed),
    _always("sign_consent_unknown"),
    ("sign_checklist_unknown", _has_unknown_checklist),
    ("sign_time_outside", _is_outside_time),
    ("sign_paper_needed", _needs_paper),
    _always("sign_reason_missing"),
    ("sign_photo_missing", _has_unknown_photo),
    ("sign_photo_used", _has_used_paper),
    _always("sign_strokes_missing"),
    _always("sign_strokes_too_many"),
)

#: every reason a sheet can be kept apart for; the last was never a fault of the sheet itself
FAULTS = (*(code for code, _ in _CHECKS), "sign_wrong_state")


def lines_of(shown: Presented) -> list[charges.Line]:
    """The lines as `visits.charges` knows them."""
    return [line.model_dump() for line in shown.lines]


def sha256(text: str) -> str:
    """64 lower-case hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()
