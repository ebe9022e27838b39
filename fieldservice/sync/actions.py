"""The push: operations of one phone, each applied once and answered once."""

import json as plain_json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, SQLAlchemyError

from fieldservice.accounts.models import Device, Person
from fieldservice.accounts.queries import own_device
from fieldservice.core import events, json, versions
from fieldservice.core.clock import from_ms, to_ms
from fieldservice.core.db import among, ask, db, table_of
from fieldservice.core.errors import NotFound, RuleBroken
from fieldservice.core.happening import Happening
from fieldservice.core.oplog import LogEntry
from fieldservice.core.postgresql import PLANNED_ANEW
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import hold_jobs, rows_of_jobs
from fieldservice.jobs.rules import CANCELLED
from fieldservice.signoff.models import SignOff
from fieldservice.sync import rules, upcasters
from fieldservice.sync.events import OperationSetAside
from fieldservice.sync.operations import OPERATIONS
from fieldservice.sync.operations.base import Context, Operation, SetAside
from fieldservice.sync.payloads import Op, SyncRequest
from fieldservice.sync.queries import was_crew

_log = logging.getLogger("fieldservice.sync")

#: of operations as they are kept: with ASCII alone, whatever they say
_write = json.writer(plain_json.JSONEncoder(separators=(",", ":")))

#: a contact is written down at most this often when nothing else is new: an idle phone should not make the disk work
CONTACT_EVERY_MS = 20_000


#: what each operation asks of its job: read at once
_SHEETS = rows_of_jobs(SignOff, SignOff.id)


@dataclass(frozen=True)
class Verdict:
    """What became of an operation, and why."""

    result: str
    note: dict[str, Any] | None = None
    #: why somebody at the desk must know of it although it was applied: a code with words; '': nobody must
    tells: str = ""


@dataclass(frozen=True)
class Pushed:
    """Ids to acknowledge, in the order of `seq`; `fork`: this profile is a copy, nothing was applied."""

    op_ids: list[str]
    fork: bool = False
    #: the phone is blocked: it is acknowledged and gets nothing else
    is_blocked: bool = False
    #: nothing is left on a blocked phone, as far as it says
    wipe: bool = False
    #: the jobs it was about, held to the commit
    jobs: Sequence[Job] = ()


def push(device_id: str, person: Person, request: SyncRequest, *, at: datetime) -> Pushed:
    """Takes the operations of `request`, up to the first gap; a blocked phone's into quarantine. The caller commits.

    Raises NotFound 'device_unknown', NotAllowed 'device_of_another'.
    """
    device = own_device(device_id, person, to_change=True, even_blocked=True)
    is_blocked = device.revoked_at is not None
    ops = sorted(request.ops, key=lambda op: op.seq)
    jobs = hold_jobs((op.entity for op in ops if op.seq > device.last_seq), sign_offs=_SHEETS)  # to the end: read once
    # not before: a copy of this profile may bring the same under another client id while we wait for the jobs
    known = _known([op.id for op in ops])
    if any(op.seq <= device.last_seq and op.id not in known for op in ops):
        return Pushed([], fork=True, is_blocked=is_blocked)
    taken, fresh, last_seq = [], [], device.last_seq
    for op in ops:
        if op.id not in known:
            if op.seq != last_seq + 1:
                break
            known.add(op.id)
            fresh.append(op)
        last_seq = max(last_seq, op.seq) if op.seq <= last_seq + 1 else last_seq
        taken.append(op.id)
    if is_blocked or not _all_applied(fresh, device, person, request, at):
        for op in fresh:
            when = _when(op, device, request, at)
            _take(op, when, person, at, _Way(device.id, op.seq, aside=_aside(device, when)))
    device.last_seq = last_seq
    _note_contact(device, request, at)
    wipe = is_blocked and len(taken) == len(ops) and _has_nothing_left(request)
    if wipe:
        device.wipe_told_at = at
    return Pushed(taken, is_blocked=is_blocked, wipe=wipe, jobs=jobs)


def _has_nothing_left(request: SyncRequest) -> bool:
    """Whether a phone may forget everything, beside photos that can never be sent. One that numbered for another life of
    the database may not: what it holds as acknowledged was perhaps forgotten here, and comes again.
    """
    epoch, _version = versions.current()
    return request.pending <= request.stuck and request.epoch in (0, epoch)


@dataclass(frozen=True)
class Carried:
    """A file that a phone exported and somebody brought."""

    client_id: str
    #: the phone's clock when it wrote the file, and how far ahead that was at its last contact; None: not said
    exported_ms: int | None
    clock_off_ms: int | None
    brought_by: Person
    #: why all of it is set aside whatever phone it names: a code with words; '': it is not
    aside: str = ""


@dataclass(frozen=True)
class Brought:
    """What became of a file's operations: ids by what was done. The results stand in the log."""

    taken: list[str]
    #: here before, by the phone itself or by another file
    known: list[str]
    #: an id that somebody else used before: nothing was done
    foreign: list[str]


def readable(ops: Iterable[Any]) -> tuple[list[Op], list[Any]]:
    """Operations as a phone wrote them, in its order and each once, and what cannot be read as one."""
    found: dict[str, Op] = {}
    unreadable = []
    for one in ops:
        try:
            op = Op.model_validate(one)
        except ValidationError:
            unreadable.append(one)
        else:
            found.setdefault(op.id, op)
    return sorted(found.values(), key=lambda op: op.seq), unreadable


def take_carried(ops: Sequence[Op], carried: Carried, author: Person, *, at: datetime) -> Brought:
    """Takes operations of `author` that came in a file, each by its id alone. The caller commits.

    The phone's own numbers stay free: when it comes back it sends the same operations in its order, they are known by
    then, and the next one follows. What a phone wrote that this server never heard of, or has blocked, is set aside for
    a decision. Raises NotAllowed 'device_of_another'.
    """
    device = _device_of_file(carried.client_id, author)
    known = _known([op.id for op in ops])
    _kept = hold_jobs((op.entity for op in ops if op.id not in known), sign_offs=_SHEETS)  # to the end: read once
    known |= _known([op.id for op in ops if op.id not in known])  # the phone itself was faster
    for op in ops:
        if op.id not in known:
            when = _when_carried(op, carried, at)
            aside = (_aside(device, when) or carried.aside) if device else "device_unknown"
            _take(op, when, author, at, _Way(carried.client_id, None, carried.brought_by.id, aside))
    own = {ack for (ack,) in db.session.execute(
        sa.select(LogEntry.id).where(LogEntry.id.in_(known), LogEntry.person_id == author.id))}  # fmt: skip
    return Brought(
        taken=[op.id for op in ops if op.id not in known],
        known=[op.id for op in ops if op.id in own],
        foreign=[op.id for op in ops if op.id in known - own],
    )


def _device_of_file(client_id: str, author: Person) -> Device | None:
    """The author's phone that wrote a file, held; None: it was never in contact. Raises as `own_device`."""
    try:
        device = own_device(client_id, author, to_change=True, even_blocked=True)
    except NotFound:
        return None
    return device if device.last_contact_at else None


def _when_carried(op: Op, carried: Carried, at: datetime) -> Happening:
    if op.mono and op.mono.anchor:
        sent = op.mono.anchor
        corrected = rules.corrected_time(
            device_ms=op.occurred_at, device_now_ms=op.occurred_at, received_ms=to_ms(at), t=op.mono.t,
            anchor=rules.Anchor(sent.server_ms, sent.t, sent.rtt), all_sent_ms=None)  # fmt: skip
    else:
        corrected = rules.carried_time(
            device_ms=op.occurred_at, received_ms=to_ms(at), exported_ms=carried.exported_ms,
            clock_off_ms=carried.clock_off_ms)  # fmt: skip
    return _happening(op, corrected)


def judge_again(entry: LogEntry, author: Person) -> tuple[Verdict, Job | None, str]:
    """Applies an operation that was set aside because nobody knew its kind, when its kind is known now.

    Gives the verdict, the job it is about and why somebody must still know ('': nobody must). The log's own result
    stays: it is what the phone was told. The caller holds what records that it was done, and commits.
    """
    op = Op.model_validate(json.loads(entry.body))
    hold_jobs([op.entity])
    when = Happening(at=entry.happened_at, op_id=entry.id, device_at=entry.device_at,
                     uncertainty_ms=entry.uncertainty_ms)  # fmt: skip
    job = _own_job(op.entity, author)
    verdict = _apply(op, job, author, when)
    return verdict, job, _reason_to_tell(verdict)


_LOGGED = table_of(LogEntry).c.id
_KNOWN = sa.select(_LOGGED).where(among(_LOGGED, "op_ids")).execution_options(**PLANNED_ANEW)


def _known(op_ids: list[str]) -> set[str]:
    return set(ask(_KNOWN, op_ids=op_ids).scalars()) if op_ids else set()


def _all_applied(ops: list[Op], device: Device, person: Person, request: SyncRequest, at: datetime) -> bool:
    """Takes them all in one savepoint, as they nearly always can be: the rows of a hundred operations are written
    together. False: not every one of them simply applies; nothing remains of the attempt.
    """
    try:
        with db.session.begin_nested(), versions.rows_together():
            log: list[dict[str, Any]] = []
            jobs = {job_id: _own_job(job_id, person) for job_id in {op.entity for op in ops}}
            for op in ops:
                when, job = _when(op, device, request, at), jobs[op.entity]
                operation, given = _asked(op)
                if job is None:
                    raise RuleBroken("job_unknown")
                verdict = _applied(operation, job, person, when, operation.args.model_validate(given))
                _write_down(op, job, person, when, verdict, at, _Way(device.id, op.seq), log)
            versions.write_rows(LogEntry, log)
    except OperationalError:
        raise
    except Exception:
        return False  # one by one, whatever it was is found again and gets its result
    return True


@dataclass(frozen=True)
class _Way:
    """How an operation came here."""

    device_id: str
    #: place in the device's order; None: it came in a file
    seq: int | None
    brought_by_id: str | None = None
    #: why it is set aside whatever it asks for: a code with words; '': it is judged
    aside: str = ""


def _take(op: Op, when: Happening, person: Person, at: datetime, way: _Way) -> None:
    """Applies one operation and writes it with its result into the log, whatever the result."""
    job = _own_job(op.entity, person)
    aside = Verdict(rules.QUARANTINED, {"code": way.aside})
    verdict = aside if way.aside else _apply(op, job, person, when)
    _write_down(op, job, person, when, verdict, at, way)
    db.session.flush()


def _write_down(
    op: Op, job: Job | None, person: Person, when: Happening, verdict: Verdict, at: datetime, way: _Way,
    log: list[dict[str, Any]] | None = None,
) -> None:  # fmt: skip
    """Writes the operation with its result into the log, and tells the desk of it where somebody must know. `log`: takes
    what its caller writes together, where nobody must know; None: each by itself.
    """
    values = _values(op, way, person, when, verdict, at)
    reason = _reason_to_tell(verdict)
    if log is not None and not reason:
        log.append(values)
        return
    entry = LogEntry(**values)
    db.session.add(entry)
    if reason:
        db.session.flush()  # what is told of it refers to it
        events.publish(OperationSetAside(entry=entry, job=job, author=person, reason=reason))


def _aside(device: Device, when: Happening) -> str:
    """Why somebody at the desk decides about what a blocked phone brings; '': it is not blocked."""
    if device.revoked_at is None:
        return ""
    device.quarantined_count += 1
    return rules.PHONE_BLOCKED_BEFORE if when.at < device.revoked_at else rules.PHONE_BLOCKED


def _reason_to_tell(verdict: Verdict) -> str:
    """Why somebody at the desk must know: a code with words; '': nobody must."""
    return str(verdict.note["code"]) if verdict.note else verdict.tells


def _when(op: Op, device: Device, request: SyncRequest, at: datetime) -> Happening:
    sent = op.mono.anchor if op.mono else None
    corrected = rules.corrected_time(
        device_ms=op.occurred_at,
        device_now_ms=request.now,
        received_ms=to_ms(at),
        t=op.mono.t if op.mono else None,
        anchor=rules.Anchor(sent.server_ms, sent.t, sent.rtt) if sent else None,
        all_sent_ms=to_ms(device.all_sent_at) if device.all_sent_at else None,
    )
    return _happening(op, corrected)


def _happening(op: Op, corrected: rules.Corrected) -> Happening:
    return Happening(
        at=from_ms(corrected.at_ms),
        op_id=op.id,
        device_at=from_ms(op.occurred_at),
        uncertainty_ms=min(corrected.uncertainty_ms, 2**31 - 1),
    )


def _own_job(job_id: str, person: Person) -> Job | None:
    job = db.session.get(Job, job_id)
    return job if job and was_crew(job, person) else None


def _apply(op: Op, job: Job | None, person: Person, when: Happening) -> Verdict:
    try:
        operation, given = _asked(op)
        if job is None:
            return Verdict(rules.REJECTED, {"code": "job_unknown"})
        args = operation.args.model_validate(given)
        with db.session.begin_nested():
            verdict = _applied(operation, job, person, when, args)
            db.session.flush()
            return verdict
    except upcasters.CannotLift:
        return Verdict(rules.QUARANTINED, {"code": "unknown_kind"})
    except ValidationError:
        return Verdict(rules.REJECTED, {"code": "bad_args"})
    except RuleBroken as broken:
        result = rules.QUARANTINED if broken.code in rules.DECIDABLE else rules.REJECTED
        return Verdict(result, {"code": broken.code, **broken.facts})
    except (DataError, IntegrityError):
        _log.exception("operation %s of kind %s", op.id, op.kind)
        return Verdict(rules.QUARANTINED, {"code": "server_trouble", "reference": op.id[-8:]})
    except SQLAlchemyError:
        raise  # the database itself: nothing is taken, the phone tries again
    except Exception:
        # a fault of ours must not hold up what stands behind it; the operation is kept and shown
        _log.exception("operation %s of kind %s", op.id, op.kind)
        return Verdict(rules.QUARANTINED, {"code": "server_trouble", "reference": op.id[-8:]})


def _asked(op: Op) -> tuple[Operation, Mapping[str, Any]]:
    """What an operation asks for, lifted to the shape of today, and its arguments as they came. Raises CannotLift."""
    shape = upcasters.lifted(op.kind, op.schema_, op.args)
    operation = OPERATIONS.get(shape.kind)
    if operation is None:
        raise upcasters.CannotLift
    return operation, shape.args


def _applied(operation: Operation, job: Job, person: Person, when: Happening, args: Any) -> Verdict:
    is_late = job.state == CANCELLED or not job.is_crew(person.id)
    outcome = operation.apply(Context(job=job, author=person, when=when, is_late=is_late), args)
    if isinstance(outcome, SetAside):
        return Verdict(rules.QUARANTINED, {"code": outcome.code, **outcome.facts})
    if is_late and operation.merge_class == "append":
        return Verdict(rules.LATE_EVIDENCE, {"code": "late_evidence"})
    return Verdict(rules.APPLIED, tells=operation.tells)


def _values(
    op: Op, way: _Way, person: Person, when: Happening, verdict: Verdict, at: datetime
) -> dict[str, Any]:
    """Of its entry in the log."""
    body = op.model_dump(by_alias=True)
    return {
        "id": op.id,
        "origin": "phone",
        "device_id": way.device_id,
        "seq": way.seq,
        "brought_by_id": way.brought_by_id,
        "person_id": person.id,
        "kind": op.kind[:40],
        "entity_type": "job",
        "entity_id": op.entity,
        "body": _write(body),
        "result": verdict.result,
        "note": plain_json.dumps(verdict.note) if verdict.note else None,
        "base_version": _base_version(op),
        "device_at": when.device_at,
        "happened_at": when.at,
        "uncertainty_ms": when.uncertainty_ms,
        "received_at": at,
    }


def _base_version(op: Op) -> int | None:
    version = op.base.get("version")
    return version if type(version) is int and 0 <= version < 2**63 else None


def _note_contact(device: Device, request: SyncRequest, at: datetime) -> None:
    oldest_at = from_ms(request.oldest_ms) if request.oldest_ms is not None and request.pending else None
    said = (request.pending, request.photos, request.stuck, request.build)
    known = (device.pending_count, device.pending_photos, device.stuck_photos, device.build)
    is_news = bool(request.ops or request.about) or said != known
    last_ms = to_ms(device.last_contact_at) if device.last_contact_at else 0
    if not is_news and to_ms(at) - last_ms < CONTACT_EVERY_MS:
        return
    device.last_contact_at, device.oldest_pending_at = at, oldest_at
    device.pending_count, device.pending_photos, device.stuck_photos, device.build = said
    device.clock_off_ms = request.now - to_ms(at)
    if request.pending == 0:
        device.all_sent_at = at
    about = request.about
    if about is not None:
        device.is_installed, device.is_persistent = about.installed, about.persistent
        device.used_bytes, device.free_bytes = about.used, about.free
