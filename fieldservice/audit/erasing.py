"""Erasing the personal data of a customer, on request. The audit chain stays whole and says that it was done.

What refers to one of the customer's visits, cases or addresses is deleted unless it is named in KEPT, so that what a
feature adds later is erased too. What stays is what law and books want: that there were visits, when, of which kind, by
whom of the staff, what was charged, what was laid.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.audit import holds
from fieldservice.audit.models import Erasure
from fieldservice.cases.models import Case
from fieldservice.core import audit, files
from fieldservice.core.audit import Fact
from fieldservice.core.db import Base, db
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.oplog import LogEntry, log_office_edit
from fieldservice.core.versions import touch, unversioned_writes
from fieldservice.customers.models import Customer, Product, Site
from fieldservice.evidence.models import Blob, Upload
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import CANCELLED, ENDED
from fieldservice.visits.models import JobClosure

#: stands where something must stand; the same in both languages
ERASED = "***"

#: tables that stay, with the columns that are emptied in them; from others that refer to them rows are deleted
KEPT: dict[str, dict[str, Any]] = {
    "customer": {}, "site": {}, "product": {}, "case": {}, "job": {},  # by `_blank`
    "job_step": {"reason": "", "void_reason": "", "lat": None, "lng": None, "accuracy_m": None},
    "job_helper": {}, "job_contact": {}, "job_closure": {},
    "charge_statement": {},
}  # fmt: skip

_CUSTOMER = {"name": ERASED, "address_form": ERASED, "phone": "", "special_needs": [], "remark": ""}
_SITE = {"district": "", "address": ERASED, "unit": "", "access_note": "", "lat": None, "lng": None,
         "position_source": ""}  # fmt: skip
_PRODUCT = {"voucher": "", "room": ""}
_CASE = {"words": ""}
_JOB = {"brief": ERASED, "analysis": "", "remedy": "", "bring": "", "special_needs": [], "special_note": "",
        "priority_reason": "", "amount_reason": "", "cancel_reason": ""}  # fmt: skip

_CHUNK = 500


@dataclass
class _Found:
    """What belongs to the customer: ids by table, and hashes of files."""

    ids: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    hashes: set[str] = field(default_factory=set)
    rows: int = 0

    @property
    def all_ids(self) -> set[str]:
        return set().union(*self.ids.values())


def why_not(customer: Customer) -> str:
    """Why the customer cannot be erased now: a code with words; '' it can."""
    if holds.is_held(customer):
        return "case_held"
    jobs = _jobs_of(customer)
    if any(job.state not in ENDED for job in jobs):
        return "visit_open"
    ended = {job.id for job in jobs if job.state != CANCELLED}
    closed = set(db.session.scalars(sa.select(JobClosure.job_id).where(JobClosure.job_id.in_(ended))))
    return "visit_not_closed" if ended - closed else ""


def erase_customer(customer: Customer, *, typed: str, reason: str, by: Person, at: datetime) -> Erasure:
    """Erases everything personal of a customer that is held; the caller commits, then calls `remove_files`.

    `typed`: the customer's name, typed to confirm. Raises RuleBroken ('reason_missing', 'name_differs'), Conflict
    ('case_held', 'visit_open', 'visit_not_closed').
    """
    if not reason.strip():
        raise RuleBroken("reason_missing", field="reason")
    if "".join(typed.split()) != "".join(customer.name.split()):
        raise RuleBroken("name_differs", field="typed")
    holds.lock(customer)
    if code := why_not(customer):
        raise Conflict(code)
    found = _belongings(customer)
    overwrite_freed_pages()
    customer.erased_at = at
    _blank(customer, found)
    db.session.flush()
    _delete_dependants(found)
    _empty_log(found)
    gone = _unreferenced(found.hashes)
    _delete_blobs(gone)
    db.session.expire_all()
    counts = {"sites": len(found.ids["site"]), "jobs": len(found.ids["job"]), "rows": found.rows, "files": len(gone)}
    counts["facts"] = audit.erase_facts(
        _entries_of(found), entity_type="customer", entity_id=customer.id, by_id=by.id, at=at, facts=counts
    )
    log_office_edit("erase_customer", customer, by=by, at=at, counts=counts)
    row = Erasure(customer_id=customer.id, at=at, by_id=by.id, reason=reason.strip(), counts=counts, files=sorted(gone))
    db.session.add(row)
    db.session.flush()
    return row


def erasure_of(customer: Customer) -> Erasure | None:
    """The last erasure of this customer; None: never."""
    query = sa.select(Erasure).filter_by(customer_id=customer.id).order_by(Erasure.id.desc()).limit(1)
    return db.session.scalar(query)


def with_files() -> list[str]:
    """Erasures whose files are not yet off the disk."""
    query = sa.select(Erasure.id, Erasure.files)
    found = [erasure_id for erasure_id, left in db.session.execute(query) if left]
    db.session.rollback()
    return found


def remove_files(erasure_id: str) -> None:
    """Takes the files off the disk: originals, every copy, who sent them. Again, nothing is left to do. Commits."""
    row = db.session.get(Erasure, erasure_id, with_for_update=True, populate_existing=True)
    if row is None or not row.files:
        db.session.rollback()
        return
    # somebody may have sent the same picture for another customer meanwhile
    for sha256 in _unreferenced(set(row.files)):
        for path in (files.path_of(sha256), files.senders_path(sha256)):
            path.unlink(missing_ok=True)
        for path in files.variant_path(sha256, "x").parent.glob(f"{sha256}*"):
            with suppress(FileNotFoundError):
                path.unlink()
    row.files = []
    db.session.commit()


def _jobs_of(customer: Customer) -> list[Job]:
    query = sa.select(Job).where(Job.site_id.in_(sa.select(Site.id).filter_by(customer_id=customer.id)))
    ordered = query.order_by(Job.id).with_for_update(of=Job, key_share=True)
    return list(db.session.scalars(ordered.execution_options(populate_existing=True)).unique())


def _belongings(customer: Customer) -> _Found:
    found = _Found()
    found.ids["customer"] = {customer.id}
    found.ids["site"] = _ids(sa.select(Site.id).filter_by(customer_id=customer.id))
    found.ids["product"] = _ids(sa.select(Product.id).where(Product.site_id.in_(found.ids["site"])))
    found.ids["case"] = _ids(sa.select(Case.id).filter_by(customer_id=customer.id))
    found.ids["job"] = _ids(sa.select(Job.id).where(Job.site_id.in_(found.ids["site"])))
    return found


def _ids(query: sa.Select[Any]) -> set[str]:
    return set(db.session.scalars(query))


def _blank(customer: Customer, found: _Found) -> None:
    """By the models, so that phones and the search index hear of it."""
    for model, values in ((Customer, _CUSTOMER), (Site, _SITE), (Product, _PRODUCT), (Case, _CASE), (Job, _JOB)):
        table = cast(sa.Table, model.__table__).name
        for row in db.session.scalars(sa.select(model).where(model.id.in_(found.ids[table])).order_by(model.id)).unique():
            for name, value in values.items():
                setattr(row, name, value)
            touch(row)


def _delete_dependants(found: _Found) -> None:
    """Deletes what refers to what is kept, and first what refers to that."""
    with unversioned_writes():
        for name in KEPT:
            _delete_what_refers_to(name, found.ids[name], found)
            if KEPT[name] and found.ids["job"]:
                table = Base.metadata.tables[name]
                for some in _chunks(found.ids["job"]):
                    db.session.execute(sa.update(table).where(table.c.job_id.in_(some)).values(**KEPT[name]))
                    found.ids[name] |= _ids(sa.select(table.c.id).where(table.c.job_id.in_(some)))


def _delete_what_refers_to(name: str, keys: Collection[str], found: _Found) -> None:
    if not keys:
        return
    for table in Base.metadata.tables.values():
        for reference in table.foreign_keys:
            if reference.column.table.name == name and table.name not in KEPT:
                _delete(table, reference.parent, keys, found)


def _delete(table: sa.Table, column: Any, keys: Collection[str], found: _Found) -> None:
    key = next(iter(table.primary_key.columns))
    hashed = [one for one in table.columns if one.name.endswith("sha256")]
    for some in _chunks(keys):
        rows = db.session.execute(sa.select(key, *hashed).where(column.in_(some))).all()
        found.hashes |= {value for row in rows for value in row[1:] if value}
        mine = {row[0] for row in rows if isinstance(row[0], str)}
        if mine and len(table.primary_key.columns) == 1:
            found.ids[table.name] |= mine
            _delete_what_refers_to(table.name, mine, found)
        found.rows += len(rows)
        if rows:
            db.session.execute(sa.delete(table).where(column.in_(some)))


def _empty_log(found: _Found) -> None:
    """What was done stays in the log by its kind, without its words."""
    log = cast(sa.Table, LogEntry.__table__)
    with unversioned_writes():
        for some in _chunks(found.all_ids):
            theirs = sa.or_(log.c.entity_id.in_(some), log.c.id.in_(some))
            found.ids["op_log"] |= _ids(sa.select(log.c.id).where(theirs))
        _delete_uploads(found.ids["op_log"], found)
        for some in _chunks(found.ids["op_log"]):
            db.session.execute(sa.update(log).where(log.c.id.in_(some)).values(body="{}", note=None))


def _delete_uploads(op_ids: Collection[str], found: _Found) -> None:
    """Bytes that came, or were coming, for photos of theirs, also for those that were set aside."""
    for some in _chunks(op_ids):
        for upload in db.session.scalars(sa.select(Upload).where(Upload.evidence_id.in_(some))):
            files.partial_path(upload.id).unlink(missing_ok=True)
            found.hashes.add(upload.sha256)
            db.session.delete(upload)
    db.session.flush()


def _entries_of(found: _Found) -> set[int]:
    """Entries of the chain whose facts speak of the customer; who looked at them stays (the access log)."""
    seqs: set[int] = set()
    for some in _chunks(found.all_ids | found.hashes):
        about = sa.or_(Fact.entity_id.in_(some), Fact.source_id.in_(some))
        query = sa.select(Fact.seq).join(audit.Entry, audit.Entry.seq == Fact.seq)
        seqs |= set(db.session.scalars(query.where(about, Fact.source_table != "access_log",
                                                   audit.Entry.kind != audit.ERASED)))  # fmt: skip
    return seqs


def _unreferenced(hashes: set[str]) -> set[str]:
    """Those that no row speaks of any more; rows about the bytes themselves, kept by their hash, are none."""
    left = set(hashes)
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if column.name.endswith("sha256") and not column.primary_key and table.name != Upload.__tablename__:
                for some in _chunks(left):
                    left -= set(db.session.scalars(sa.select(column).where(column.in_(some))))
    return left


def _delete_blobs(hashes: Collection[str]) -> None:
    blob = cast(sa.Table, Blob.__table__)
    about = [one.parent for table in Base.metadata.tables.values() for one in table.foreign_keys
             if one.column is blob.c.sha256 and one.parent.primary_key]  # fmt: skip
    for some in _chunks(hashes):
        for column in (cast(sa.Table, Upload.__table__).c.sha256, *about, blob.c.sha256):
            db.session.execute(sa.delete(column.table).where(column.in_(some)))


def overwrite_freed_pages() -> None:
    """SQLite leaves deleted rows in the file until their place is needed; from here on it writes zeros over them."""
    if db.session.connection().dialect.name == "sqlite":
        db.session.connection().exec_driver_sql("PRAGMA secure_delete=ON")


def _chunks(keys: Iterable[str]) -> Iterable[list[str]]:
    ordered = sorted(keys)
    for begin in range(0, len(ordered), _CHUNK):
        yield ordered[begin : begin + _CHUNK]
