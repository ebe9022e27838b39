"""The laws of `docs/sync-protocol.md` (P1 to P18) as questions to the end of a history; each answer names its law."""

import base64
import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.proof import model


@dataclass(frozen=True)
class Entry:
    """A row of the log, read."""

    id: str
    origin: str
    device: str | None
    seq: int | None
    person: str | None
    kind: str
    entity: str
    body: dict[str, Any]
    result: str
    note: dict[str, Any] | None
    version: int
    #: when it happened, as near as the server could tell
    happened_ms: int


@dataclass(frozen=True)
class Truth:
    """The server at the end."""

    epoch: int
    newest: int
    checklist: str
    amount_fen: int
    log: list[Entry]
    #: id → document
    jobs: dict[str, dict[str, Any]]
    contacts: list[tuple[str, str, bool]]
    #: (person, day) → jobs in the order they chose, and those of them put there by hand
    orders: dict[tuple[str, str], tuple[list[str], list[str]]]
    #: person → what their phone would be sent if it had nothing
    views: dict[str, dict[str, Any]]
    #: hash → (state, hash of what is on the disk)
    blobs: dict[str, tuple[str, str]]
    sheets: list[dict[str, Any]]
    keys: dict[str, str]
    #: operations that stand in the dispatcher's inbox
    inbox: set[str]
    #: devices the office has blocked
    blocked: set[str]
    closed: set[str]
    #: what is wrong with the audit chain, in words; '' it is whole
    chain: str


@dataclass(frozen=True)
class Told:
    """The phones at the end, and what the driver saw on the way."""

    #: what was confirmed: op id → {"person", "kind"}; the phone said "saved"
    confirmed: dict[str, dict[str, Any]]
    #: begun, and the page died or the storage broke before it said so: may be there or not
    doubtful: list[str]
    #: for each phone and person: {"person", "base", "ops", "pending", "photos", "bytes", "seen"}
    phones: list[dict[str, Any]]
    #: what the driver itself found broken on the way
    seen: list[str] = field(default_factory=list)
    #: the machine was put back as a whole: nobody there knows what it had answered
    was_put_back: bool = False


def broken(truth: Truth, told: Told) -> list[str]:
    """What is broken, the law first; [] when everything holds."""
    log = in_order(truth.log)
    return [
        *told.seen,
        *_once(log, told),
        *_told_alike(log, told),
        *_own_session(log, told),
        *_numbered(log, truth),
        *_folded(log, truth),
        *_views(truth, told),
        *_nothing_left_behind(truth, told),
        *_bytes(truth, told),
        *_sheets(truth),
        *_inbox(log, truth),
        *([f"audit: {truth.chain}"] if truth.chain else []),
    ]


def facts(truth: Truth) -> dict[str, int]:
    """What there was to be judged, counted: results of operations, decisions, signatures, photos."""
    entries = Counter(entry.result for entry in truth.log if entry.origin == "phone")
    entries += Counter(entry.kind for entry in truth.log if entry.origin != "phone")
    entries += Counter(f"decided {entry.body['decision']}" for entry in truth.log if entry.kind == "office.decide_inbox")
    entries += Counter(f"sheet {sheet['state']}" for sheet in truth.sheets)
    entries += Counter(f"photo {state}" for state, _disk in truth.blobs.values())
    entries["undecided by the model"] = len(model.fold(in_order(truth.log), blocked=truth.blocked).undecided)
    entries["epochs"] = truth.epoch - 1
    return dict(entries)


def in_order(log: list[Entry]) -> list[Entry]:
    """As it was written: by version, a phone's operations of one version in its own order."""
    return sorted(log, key=lambda one: (one.version, one.seq or 0, one.id))


def _once(log: list[Entry], told: Told) -> list[str]:
    """P1, P2, P12, P13, P15: what was confirmed stands in the log exactly once, and nothing else does."""
    counted = Counter(entry.id for entry in log if entry.origin == "phone")
    known = {*told.confirmed, *told.doubtful}
    return [
        *(f"P1 lost: {one} ({about['kind']}) was confirmed and is not in the log"
          for one, about in told.confirmed.items() if not counted[one]),
        *(f"P2 doubled: {one} stands {times} times" for one, times in counted.items() if times > 1),
        *(f"P1 invented: {one} was never confirmed" for one in counted if one not in known),
    ]  # fmt: skip


def _told_alike(log: list[Entry], told: Told) -> list[str]:
    """P1, P3: the phone has the result that stands in the log.

    A machine that was put back as a whole can take an operation anew, from a repeat that was long under way, before its
    phone comes; it stands there by another version then, with the same result.
    """
    entries = {entry.id: entry for entry in log}
    found = []
    for phone in told.phones:
        for op in phone["ops"]:
            entry = entries.get(op["id"])
            if not entry:
                continue
            version = op.get("version") if told.was_put_back else entry.version
            has, stands = (op.get("result"), op.get("version"), op.get("note")), (entry.result, version, entry.note)
            if has != stands:
                found.append(f"P3 told otherwise: {op['id']} {has} on the phone, {stands} in the log")
    return found


def _own_session(log: list[Entry], told: Told) -> list[str]:
    """P16: whose work it is."""
    return [
        f"P16 under another name: {entry.id} of {told.confirmed[entry.id]['person']} came as {entry.person}"
        for entry in log
        if entry.id in told.confirmed and told.confirmed[entry.id]["person"] != entry.person
    ]


def _numbered(log: list[Entry], truth: Truth) -> list[str]:
    """P1, P8: each phone's operations in its own order without a gap, each stamped with a version that was given out."""
    found, by_device = [], {}  # type: ignore[var-annotated]
    for entry in log:
        if not 0 < entry.version <= truth.newest:
            found.append(f"P8 {entry.id} has the version {entry.version}, never given out")
        if entry.origin == "phone":
            by_device.setdefault(entry.device, []).append(entry.seq)
    for device, seqs in by_device.items():
        if seqs != sorted(seqs):
            found.append(f"P1 out of order: {device} {seqs}")
    return found


def _folded(log: list[Entry], truth: Truth) -> list[str]:
    """P4, P14, P18: results and jobs follow from the log alone."""
    want = model.fold(log, blocked=truth.blocked)
    found = [
        f"P4 result of {entry.id} ({entry.kind}): {(entry.result, entry.note and entry.note['code'])}, "
        f"the model says {want.results[entry.id]}"
        for entry in log
        if entry.origin == "phone"
        and want.results[entry.id] != (entry.result, entry.note["code"] if entry.note else None)
    ]
    for job_id, document in truth.jobs.items():
        if job_id not in want.jobs:
            found.append(f"P4 the log knows nothing of the job {job_id}")
            continue
        has, wants = _of_document(document), _of_model(want.jobs[job_id])
        found += [f"P4 {name} of job {job_id}: {has[name]}, the model says {wants[name]}"
                  for name in wants if has[name] != wants[name]]  # fmt: skip
        contacts = {one: late for job, one, late in truth.contacts if job == job_id}
        if contacts != want.jobs[job_id].contacts:
            found.append(f"P4 contacts of job {job_id}: {contacts}, the model says {want.jobs[job_id].contacts}")
    orders = {day: (one.jobs, one.pinned) for day, one in want.orders.items()}
    if truth.orders != orders:
        found.append(f"P4 orders of days: {truth.orders}, the model says {orders}")
    return found


def _of_document(job: dict[str, Any]) -> dict[str, Any]:
    return {
        "state": job["state"],
        "run": job["run"],
        "lead": job["lead"] and job["lead"]["id"],
        "helpers": sorted(one["id"] for one in job["helpers"]),
        "steps": [(one["id"], one["step"], one["from"], one["to"], one["run"], one["void_reason"])
                  for one in job["steps"]],
        "notes": {one["id"]: (one["text"], one["late"]) for one in job["notes"]},
        "incidents": {one["id"]: one["late"] for one in job["incidents"]},
        "photos": {one["id"]: (one["sha256"], one["caption"], one["void_reason"], one["late"], one["run"])
                   for one in job["photos"]},
        "answers": {one["item"]: (one["id"], one["value"]) for one in job["answers"]},
        "charges": job["charges"] and (job["charges"]["id"], job["charges"]["total_fen"]),
    }  # fmt: skip


def _of_model(job: model.Job) -> dict[str, Any]:
    return {
        "state": job.state,
        "run": job.run,
        "lead": job.lead,
        "helpers": sorted(job.helpers),
        "steps": [(one["id"], one["step"], one["from"], one["to"], one["run"], one["void"]) for one in job.steps],
        "notes": job.notes,
        "incidents": job.incidents,
        "photos": {key: (one["sha256"], one["caption"], one["void"], one["late"], one["run"])
                   for key, one in job.photos.items()},
        "answers": {item: (op, value) for (run, item), (op, value) in job.answers.items()
                    if run == job.run and value is not None},
        "charges": job.charges.get(job.run),
    }  # fmt: skip


def _views(truth: Truth, told: Told) -> list[str]:
    """P5, P6, P7, P8, P9, P17: each phone holds what its person may see, whole and nothing else."""
    found = []
    for phone in told.phones:
        if phone["client"] in truth.blocked:
            continue
        view = truth.views[phone["person"]]
        for order in (doc["fields"]["order"] for doc in phone["base"] if doc["type"] == "me"):
            if order != view["order"]:
                found.append(f"P5 {phone['name']} shows the order {order}, the server {view['order']}")
        has = {doc["id"]: doc for doc in phone["base"] if doc["type"] != "me"}
        for one in has.keys() - view["held"].keys():
            found.append(f"P9 {phone['name']} still holds {one}")
        for one in view["held"].keys() - has.keys():
            found.append(f"P5 {phone['name']} misses {one}")
        for one, doc in has.items():
            want = view["documents"].get(one)
            if want is None or one not in view["held"]:
                continue
            if doc["version"] != want["version"]:
                found.append(f"P5 {phone['name']} has {one} in version {doc['version']}, the server {want['version']}")
            wrong = [name for name in want["fields"] if doc["fields"].get(name) != want["fields"][name]]
            if wrong:
                has_now, has_there = ([it["fields"].get(name) for name in wrong] for it in (doc, want))
                found.append(f"P5 {phone['name']} shows other {wrong} of {one}: {has_now} for {has_there}")
        if phone["base"] and any(doc.get("handed_over") for doc in has.values()):
            found.append(f"P9 {phone['name']} shows a job as handed over that is its own")
        for op in phone["ops"]:
            if op.get("open") == 1:
                found.append(f"P5 {phone['name']} still shows {op['id']} over its copy, which has it")
    return found


def _nothing_left_behind(truth: Truth, told: Told) -> list[str]:
    """P1, P9: nothing waits for ever, nothing of another's job stays readable."""
    found = [
        f"P1 stuck: {phone['name']} still has {phone['pending']} acts, {phone['photos']} photos ({phone['state']})"
        for phone in told.phones
        if phone["pending"] or phone["photos"]
    ]
    for phone in told.phones:
        if phone["client"] in truth.blocked:
            found.append(f"P9 {phone['name']} is blocked, and was not wiped ({phone['state']})")
        held = {doc["id"] for doc in phone["base"]}
        used = {row["sha256"] for row in phone["evidence"]}
        found += [f"P9 {phone['name']} keeps a photo of job {row['job']}, which it does not hold"
                  for row in phone["evidence"] if row["job"] not in held]  # fmt: skip
        found += [f"P9 {phone['name']} keeps bytes nobody refers to: {one}" for one in phone["bytes"] if one not in used]
        found += [f"P10 {phone['name']} has trouble with {row['id']}: {row['trouble']}"
                  for row in phone["evidence"] if row.get("trouble")]  # fmt: skip
    return found


def _bytes(truth: Truth, told: Told) -> list[str]:
    """P10: verified says that the bytes hash to their name, and every confirmed photo is."""
    logged = {entry.id: entry for entry in truth.log if entry.kind == "add_photo"}
    taken = {one for one, about in told.confirmed.items() if about["kind"] == "add_photo"}
    found = [f"P10 {name} is verified, on the disk is {disk or 'nothing'}"
             for name, (state, disk) in truth.blobs.items() if state == "verified" and disk != name]  # fmt: skip
    for one in taken & logged.keys():
        name = logged[one].body["args"]["sha256"]
        if logged[one].result in ("applied", "late_evidence") and truth.blobs.get(name, ("none",))[0] != "verified":
            found.append(f"P10 the photo {one} never became verified")
    return found


def _sheets(truth: Truth) -> list[str]:
    """P11: what was signed verifies again, from the kept texts and the key alone."""
    found = []
    for sheet in truth.sheets:
        digest = hashlib.sha256(sheet["presented"].encode()).hexdigest()
        signed = json.loads(sheet["payload"])["presented_sha256"]
        if not digest == signed == sheet["presented_sha256"]:
            found.append(f"P11 the sheet {sheet['id']} shows other words than were signed")
        if sheet["state"] == "valid" and not _verifies(truth.keys.get(sheet["key_id"], ""), sheet):
            found.append(f"P11 the signature of {sheet['id']} does not verify")
    return found


def _verifies(spki: str, sheet: dict[str, Any]) -> bool:
    raw = base64.urlsafe_b64decode(sheet["signature"] + "==")
    key = load_der_public_key(base64.b64decode(spki)) if spki else None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    try:
        key.verify(der, sheet["payload"].encode(), ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _inbox(log: list[Entry], truth: Truth) -> list[str]:
    """P9, P18: whatever was set aside stands before the dispatcher."""
    aside = (entry for entry in log if entry.origin == "phone" and entry.result != "applied")
    return [f"P9 {entry.id} ({entry.result}) is in nobody's inbox" for entry in aside if entry.id not in truth.inbox]
