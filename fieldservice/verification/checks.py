"""What a reading means. Pure: what was read and what is known go in, one check for each question comes out.

A check is good, bad, or open (it could not be answered here). `Outcome.verdict` is the one sentence above them all: the
first bad one in the order of `GRAVITY`, since one forgery often shows in several places.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fieldservice.core import json
from fieldservice.core.keys import key_id
from fieldservice.reports.certificates import facts_of, fingerprint_of
from fieldservice.signoff.sheet import read_sheet
from fieldservice.signoff.verify import KnownKey, seal_fault
from fieldservice.verification.attachment import Attachment
from fieldservice.verification.reading import Reading, Seal

GOOD = "good"
BAD = "bad"
OPEN = "open"

#: faults of the file itself: nothing else can be asked then
FILE_FAULTS = ("not_pdf", "encrypted", "too_heavy", "cut", "unreadable")

#: bad checks, the one that explains most first
GRAVITY = (
    *FILE_FAULTS, "attachment_swapped", "appended", "seal_several", "added", "rewritten", "changed", "seal_missing",
    "signer_other", "hidden", "seal_lax", "signer_outside", "other_report", "chain_rewritten", "record_edited",
    "chain_wrong", "signature_bad", "link_signature_bad", "signature_key_other", "photo_changed", "whole_longer",
    "whole_differs",
    "evidence_missing", "evidence_unreadable", "evidence_differs", "time_wrong",
)  # fmt: skip

GENUINE = "genuine"
SUPERSEDED = "genuine_superseded"
#: the seal is good, and whether the file is in the list of its maker could not be asked here
SEALED = "sealed"
#: the seal is good and ours, and the file is not among those we made
NOT_LISTED = "not_listed"


@dataclass(frozen=True)
class Check:
    """One question and its answer."""

    #: 'file', 'seal', 'signer', 'whole', 'evidence', 'signature', 'photos', 'chain', 'time', 'revision'
    about: str
    state: str
    #: a code with words
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class KnownReport:
    """A report in the list of its maker."""

    id: str
    code: str
    revision: int
    language: str
    made_at: datetime
    branch: str
    pdf_sha256: str
    #: of the file as it was sealed, before a time stamp was added
    sealed_sha256: str
    evidence_sha256: str
    #: when a later revision took its place; None: it is the latest
    superseded_at: datetime | None = None


@dataclass(frozen=True)
class Chained:
    """What the chain says of the entries that a report names."""

    #: (seq) of entries whose hash is another one now, or that are not there
    rewritten: tuple[int, ...] = ()
    #: the first entry that is wrong by itself, and its code: 'row_edited', 'row_gone', 'facts' …; None: none
    wrong: tuple[int, str] | None = None
    #: entries that were compared
    entries: int = 0
    #: of the head they were proven against: entries, when; None: against the chain itself
    head: tuple[int, datetime] | None = None
    is_head_signed: bool = True


@dataclass(frozen=True)
class Knowledge:
    """What whoever asks knows."""

    at: datetime
    #: fingerprints of roots under which every seal is ours, and of seals that are
    roots: frozenset[str] = frozenset()
    seals: frozenset[str] = frozenset()
    #: the root was given by whoever asks: what leads to it is trusted as far as they trust it
    is_given_root: bool = False
    #: nobody said whom to trust: the roots came with the file
    is_unproven: bool = False
    #: whether there is a list of reports to look into
    has_list: bool = False
    #: the report whose file this is, byte for byte
    by_file: KnownReport | None = None
    #: the report that the attachment says this is
    by_name: KnownReport | None = None
    #: photo's hash → 'good', 'changed', 'missing'; absent: there are no originals to look at
    photos: Mapping[str, str] = field(default_factory=dict)
    #: id of a device key → public key as it is known; None: there is no list of them
    keys: Mapping[str, str] | None = None
    #: None: there is no chain to compare with
    chain: Chained | None = None
    #: the code somebody typed, whose report this file should be; '': none
    wanted_code: str = ""


@dataclass(frozen=True)
class Outcome:
    """All answers."""

    checks: tuple[Check, ...]
    verdict: str
    #: what is known of the report when the file is one of ours
    report: KnownReport | None
    seal: Seal | None

    @property
    def is_good(self) -> bool:
        """Nothing is bad, and the file is what it says."""
        return self.verdict in (GENUINE, SUPERSEDED, SEALED)

    def of(self, about: str) -> Check | None:
        """The answer to one question."""
        return next((check for check in self.checks if check.about == about), None)


def judge(reading: Reading, attached: Attachment | None, known: Knowledge) -> Outcome:
    """Every check in its order."""
    fault = file_fault(reading)
    if fault:
        check = Check("file", BAD, fault) if fault in FILE_FAULTS else Check("seal", BAD, fault)
        return Outcome((check,), fault, None, None)
    seal = reading.seal
    unbroken = _seal(reading, attached, known)
    checks = [
        unbroken, *([_signer(seal, known)] if seal else []), _whole(reading, known, is_unbroken=unbroken.state == GOOD),
        _evidence(reading, attached, known), *_signatures(attached, known), _photos(attached, known),
        _chain(attached, known), _time(reading), *_revision(known),
    ]  # fmt: skip
    return Outcome(tuple(checks), _verdict(checks, known), known.by_file or known.by_name, seal)


def file_fault(reading: Reading) -> str:
    """Why it cannot be looked into at all: a code; '' when it can."""
    if reading.fault not in ("unreadable", "not_pdf"):
        return reading.fault
    end = max(reading.ends, default=0)
    if not reading.has_end and (end > reading.size or (reading.fault == "unreadable" and not end)):
        return "cut"
    if reading.has_mark:  # there is a seal in it, and the file around it does not hold together
        return "changed"
    return reading.fault


def _verdict(checks: list[Check], known: Knowledge) -> str:
    wrong = {check.code for check in checks if check.state == BAD}
    found = next((code for code in GRAVITY if code in wrong), None)
    if found:
        return found
    if known.by_file:
        return SUPERSEDED if known.by_file.superseded_at else GENUINE
    return NOT_LISTED if known.has_list else SEALED


def _seal(reading: Reading, attached: Attachment | None, known: Knowledge) -> Check:
    def bad(code: str, **facts: Any) -> Check:
        return Check("seal", BAD, code, facts)

    seal = reading.seal
    if seal is None:
        return bad("seal_several", count=len(reading.seals)) if reading.seals else bad("seal_missing")
    if _is_swapped(reading, attached, known):
        return bad("attachment_swapped")
    if not (seal.intact and seal.valid):
        is_as_long = reading.size in {*reading.ends} or (known.by_name is not None and seal.covers == "file")
        return bad("changed" if is_as_long else "rewritten")
    reached = max([seal.end, *(stamp.end for stamp in reading.stamps if stamp.is_good and stamp.covers != "unclear")])
    if reading.read_to < reading.size or (seal.allowed and reached < reading.size):
        return bad("appended", bytes=reading.size - min(reached, reading.read_to))
    if not seal.allowed or seal.covers == "unclear" or reading.others:
        return bad("added", bytes=reading.size - seal.end)
    if not all(stamp.is_good for stamp in reading.stamps):
        return bad("time_wrong")
    if not seal.is_gap_clean:
        return bad("hidden")
    if seal.level != 1 or not seal.certifies or seal.subfilter != "/ETSI.CAdES.detached":
        return bad("seal_lax")
    return Check("seal", GOOD, "seal_good", {"at": seal.claimed_at})


def _is_swapped(reading: Reading, attached: Attachment | None, known: Knowledge) -> bool:
    """The evidence is another one than was sealed, or than the report of that name has."""
    if reading.sealed_evidence is not None and reading.evidence != reading.sealed_evidence:
        return True
    seal = reading.seal
    is_broken = seal is None or not (seal.intact and seal.valid)
    if not (is_broken and attached and known.by_name and reading.evidence):
        return False
    return sha256(reading.evidence) != known.by_name.evidence_sha256


def _signer(seal: Seal, known: Knowledge) -> Check:
    certificate = seal.certificate
    facts = facts_of(certificate)
    said = {"subject": facts.subject, "issuer": facts.issuer, "fingerprint": facts.fingerprint, "until": facts.until_at}
    if known.is_unproven:
        return Check("signer", OPEN, "signer_unproven", said)
    is_ours = seal.trusted and (seal.root in known.roots or fingerprint_of(certificate) in known.seals)
    if not is_ours:
        return Check("signer", BAD, "signer_other", said)
    if seal.claimed_at is None or not facts.from_at <= seal.claimed_at <= facts.until_at:
        return Check("signer", BAD, "signer_outside", said)
    if facts.until_at < known.at and not known.by_file:
        return Check("signer", OPEN, "signer_ended", said)
    return Check("signer", GOOD, "signer_given_root" if known.is_given_root else "signer_ours", said)


def _whole(reading: Reading, known: Knowledge, *, is_unbroken: bool) -> Check:
    facts = {"sha256": reading.sha256}
    if known.by_file:
        is_before = reading.sha256 != known.by_file.pdf_sha256
        return Check("whole", GOOD, "whole_before_stamp" if is_before else "whole_ours", facts)
    if not known.has_list:
        return Check("whole", OPEN, "whole_open", facts)
    seal = reading.seal
    if known.by_name and seal and seal.sealed_sha256 in (known.by_name.sealed_sha256, known.by_name.pdf_sha256):
        # behind an unbroken seal stand time stamps and nothing else: of others, for ours would be in the list
        return Check("whole", OPEN if is_unbroken else BAD, "whole_stamped" if is_unbroken else "whole_longer", facts)
    if known.by_name:
        return Check("whole", BAD, "whole_differs", facts)
    return Check("whole", OPEN, "whole_unknown", facts)


def _evidence(reading: Reading, attached: Attachment | None, known: Knowledge) -> Check:
    if reading.evidence is None:
        return Check("evidence", BAD, "evidence_missing")
    digest = {"sha256": sha256(reading.evidence)}
    if attached is None:
        return Check("evidence", BAD, "evidence_unreadable", digest)
    report = known.by_file or known.by_name
    if report and digest["sha256"] != report.evidence_sha256:
        return Check("evidence", BAD, "evidence_differs", digest)
    return Check("evidence", GOOD if report else OPEN, "evidence_good" if report else "evidence_inside", digest)


def _signatures(attached: Attachment | None, known: Knowledge) -> list[Check]:
    sheet = attached.sign_off if attached else None
    if sheet is None:
        return [Check("signature", OPEN, "signature_none")] if attached else []
    read = read_sheet(sheet.presented, sheet.payload, sheet.signature)
    spki = sheet.key_spki
    key = KnownKey(person_id="", spki=spki, revoked_at=None) if spki and _is_key(spki, sheet.key_id) else None
    fault = seal_fault(read, key) if read else "sign_unreadable"
    if fault or sha256(sheet.presented) != sheet.presented_sha256:
        found = [Check("signature", BAD, "signature_bad", {"why": fault or "sign_presented_changed"})]
    elif known.keys is None:
        found = [Check("signature", GOOD, "signature_fits", {"key": sheet.key_id, "outcome": sheet.outcome})]
    elif known.keys.get(sheet.key_id) != spki:
        found = [Check("signature", BAD, "signature_key_other", {"key": sheet.key_id})]
    else:
        found = [Check("signature", GOOD, "signature_good", {"key": sheet.key_id, "outcome": sheet.outcome})]
    if sheet.link_signature:
        by_link = sheet.link_signature
        is_good = _is_link_signature(by_link.payload, by_link.payload_sha256, sheet.presented_sha256)
        code = "link_signature_good" if is_good else "link_signature_bad"
        found.append(Check("link_signature", GOOD if is_good else BAD, code))
    return found


def _is_key(spki: str, name: str) -> bool:
    try:
        return key_id(spki) == name
    except ValueError:
        return False


def _is_link_signature(payload: str, digest: str, presented_sha256: str) -> bool:
    """There is no device key: what can be told is that the text is whole and means this sheet."""
    try:
        said = json.loads(payload)
    except json.BadJson:
        return False
    return sha256(payload) == digest and isinstance(said, dict) and said.get("presented_sha256") == presented_sha256


def _photos(attached: Attachment | None, known: Knowledge) -> Check:
    wanted = [photo.sha256 for photo in attached.photos] if attached else []
    if not wanted:
        return Check("photos", OPEN, "photos_none")
    states = [known.photos.get(one) for one in wanted]
    facts = {"count": len(wanted), "changed": states.count("changed"), "missing": states.count("missing")}
    if facts["changed"]:
        return Check("photos", BAD, "photo_changed", facts)
    if None in states:
        return Check("photos", OPEN, "photos_open", facts)
    if facts["missing"]:
        return Check("photos", OPEN, "photos_missing", facts)
    return Check("photos", GOOD, "photos_good", facts)


def _chain(attached: Attachment | None, known: Knowledge) -> Check:
    if not attached or not (attached.chain or attached.head):
        return Check("chain", OPEN, "chain_none")
    chain = known.chain
    if chain is None:
        return Check("chain", OPEN, "chain_open", {"count": len(attached.chain)})
    if chain.rewritten:
        return Check("chain", BAD, "chain_rewritten", {"seq": chain.rewritten[0]})
    if chain.wrong:
        seq, what = chain.wrong
        is_row = what in ("row_edited", "row_gone")
        return Check("chain", BAD, "record_edited" if is_row else "chain_wrong", {"seq": seq, "why": what})
    facts = {"count": chain.entries, "head": chain.head}
    if not chain.is_head_signed:
        return Check("chain", OPEN, "chain_unsigned", facts)
    return Check("chain", GOOD, "chain_proven" if chain.head else "chain_good", facts)


def _time(reading: Reading) -> Check:
    good = [stamp for stamp in reading.stamps if stamp.is_good]
    if not good:
        seal = reading.seal
        return Check("time", OPEN, "time_none", {"at": seal.claimed_at if seal else None})
    first = min(good, key=lambda stamp: (not stamp.trusted, stamp.at))
    code = "time_trusted" if first.trusted else "time_unknown_authority"
    return Check("time", GOOD if first.trusted else OPEN, code, {"at": first.at, "authority": first.authority})


def _revision(known: Knowledge) -> list[Check]:
    report = known.by_file
    if report is None:  # nothing is told of a report by a file that only says that it is it
        return []
    facts = {"code": report.code, "revision": report.revision, "at": report.superseded_at}
    if known.wanted_code and known.wanted_code != report.code:
        return [Check("revision", BAD, "other_report", facts)]
    if report.superseded_at:
        return [Check("revision", GOOD, "revision_old", facts)]
    return [Check("revision", GOOD, "revision_latest", facts)]


def sha256(text: str) -> str:
    """64 lower-case hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()
