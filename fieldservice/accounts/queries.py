"""Reads of accounts. What a person may see is part of the query."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import lazyload, raiseload
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from fieldservice.accounts.models import AccessEntry, Device, LoginSession, Person, PersonRole, SetupLink
from fieldservice.accounts.rules import (
    UNSENT_AFTER,
    UNSENT_OVERDUE_AFTER,
    clean_code,
    clean_phone,
    hash_secret,
)
from fieldservice.branches.models import Branch
from fieldservice.branches.queries import all_branches
from fieldservice.core import json
from fieldservice.core.db import db
from fieldservice.core.errors import NotAllowed, NotFound
from fieldservice.core.oplog import LogEntry
from fieldservice.core.permissions import ADMINISTRATOR
from fieldservice.web.merging import Edit

Row = TypeVar("Row", Person, Device)


def person_named(name: str) -> Person | None:
    """Whose staff number or mobile this is, as typed; None: nobody's."""
    typed = name.strip()
    by_number = db.session.scalar(sa.select(Person).where(sa.func.lower(Person.staff_no) == typed.lower()))
    phone = clean_phone(typed)
    return by_number or (db.session.scalar(sa.select(Person).filter_by(phone=phone)) if phone else None)


def people_for(viewer: Person) -> sa.Select[Person]:
    """The people this viewer may list: head office and administrators all, others those of the own branch."""
    return _listed(sa.select(Person), viewer)


def people_query(viewer: Person, *, search: str = "", branch_id: str = "", role: str = "",
                 active: bool | None = True) -> sa.Select[Person]:
    """People this viewer may list. `search` looks at number, name, mobile and badge; `active` None: all."""
    query = people_for(viewer)
    if search:
        query = query.where(_matches(search))
    if branch_id:
        query = query.where(Person.branch_id == branch_id)
    if role:
        query = query.where(Person.role_rows.any(PersonRole.role == role))
    return query if active is None else query.where(Person.is_active == active)


def branches_for(viewer: Person) -> list[Branch]:
    """Branches whose people this viewer may list."""
    return all_branches() if _lists_everybody(viewer) else [viewer.branch]


def _lists_everybody(viewer: Person) -> bool:
    return viewer.sees_all_branches or viewer.can("people.manage")


def _listed(query: sa.Select[Row], viewer: Person) -> sa.Select[Row]:
    """Of rows that stand beside their person those whose person this viewer may list."""
    return query if _lists_everybody(viewer) else query.where(Person.branch_id == viewer.branch_id)


def _matches(search: str) -> sa.ColumnElement[bool]:
    columns = (Person.staff_no, Person.name, Person.phone, Person.badge_no)
    return sa.or_(*(column.icontains(search, autoescape=True) for column in columns))


def person_for(viewer: Person, person_id: str, *, to_change: bool = False) -> Person:
    """One of the people this viewer may list. Raises NotFound, also for those of another branch.

    `to_change` holds the row till the commit.
    """
    return _one(people_for(viewer).where(Person.id == person_id), Person, to_change)


def active_administrators() -> list[Person]:
    """Everybody who can administer now."""
    query = sa.select(Person).where(Person.is_active, Person.role_rows.any(PersonRole.role == ADMINISTRATOR))
    return list(db.session.scalars(query.order_by(Person.staff_no)))


def edits_since(entity_type: str, entity_id: str, version: int) -> list[Edit]:
    """What was done to one thing after that version and counts, oldest first."""
    query = (sa.select(LogEntry, Person.name).outerjoin(Person, Person.id == LogEntry.person_id)
             .where(LogEntry.entity_type == entity_type, LogEntry.entity_id == entity_id, LogEntry.version > version,
                    LogEntry.result.in_(("applied", "merged")))
             .order_by(LogEntry.version, LogEntry.id))
    return [Edit(entry.happened_at, name or "", entry.kind, _fields_of(entry))
            for entry, name in db.session.execute(query)]


#: edits whose log entry does not name the fields, and what they change
_FIELDS = {
    "office.assign_job": ("lead_id", "helper_ids"), "office.undo_assign_job": ("lead_id", "helper_ids"),
    "office.move_job": ("visit_on", "window_start_at", "window_end_at"),
    "office.undo_move_job": ("visit_on", "window_start_at", "window_end_at"),
    "office.plan_start": ("planned_start_at",), "office.undo_plan_start": ("planned_start_at",),
}


def _fields_of(entry: LogEntry) -> frozenset[str] | None:
    body = json.loads(entry.body)
    named = body.get("changed") if isinstance(body, dict) else None
    if isinstance(named, list):
        return frozenset(map(str, named))
    return frozenset(_FIELDS[entry.kind]) if entry.kind in _FIELDS else None


def link_by_token(token: str) -> SetupLink | None:
    """The one-time link of a token, whatever its state."""
    return db.session.scalar(sa.select(SetupLink).filter_by(token_hash=hash_secret(token)))


def link_by_code(code: str) -> SetupLink | None:
    """The one-time link of a short code as typed, whatever its state."""
    return db.session.scalar(sa.select(SetupLink).filter_by(code_hash=hash_secret(clean_code(code))))


def is_good(link: SetupLink, at: datetime) -> bool:
    """Whether the link still lets somebody in."""
    return link.used_at is None and at < link.expires_at and link.person.is_active


def session_of_token(token: str) -> LoginSession | None:
    """The session of a cookie's token, running or not."""
    return db.session.scalar(sa.select(LoginSession).filter_by(token_hash=hash_secret(token)))


def running_sessions(person: Person, at: datetime) -> list[LoginSession]:
    """Sessions not ended and not past their absolute end, the last used first."""
    query = sa.select(LoginSession).filter_by(person_id=person.id, ended_at=None).where(LoginSession.expires_at > at)
    return list(db.session.scalars(query.order_by(LoginSession.last_seen_at.desc())))


def own_device(device_id: str, person: Person, *, to_change: bool = False, even_blocked: bool = False) -> Device:
    """A person's own phone that is not blocked. `to_change` holds the row till the commit, read anew: the request has
    looked at it before, and another one may have changed it while this one waited. `even_blocked`: for the last delivery
    of a lost phone, which brings and gets nothing.

    Raises NotFound 'device_unknown', NotAllowed 'device_of_another' or 'device_revoked'.
    """
    device = _device_held(device_id) if to_change else db.session.get(Device, device_id)
    if device is None:
        raise NotFound("device_unknown")
    if device.person_id != person.id:
        raise NotAllowed("device_of_another")
    if device.revoked_at is not None and not even_blocked:
        raise NotAllowed("device_revoked")
    return device


def only_named(person: Any) -> Any:
    """Loads a person (`joinedload(Job.lead)`) whose name is shown and nothing more: anything else asked for is an error,
    not another query. But what they may do can always be asked, for the same person may be met in another list.
    """
    return person.options(raiseload("*"), lazyload(Person.role_rows))


def people_met(person_ids: Iterable[str | None]) -> list[Person]:
    """These people, those whom the session knows already without asking: as long as somebody keeps what it gives, nobody
    who comes to one of them by a row that names them reads them. At most one query.
    """
    known, unknown = [], []
    for person_id in {one for one in person_ids if one}:
        met = db.session.identity_map.get(identity_key(Person, person_id))
        if met is None or sa.inspect(met).expired:
            unknown.append(person_id)
        else:
            known.append(met)
    if unknown:
        known += db.session.scalars(sa.select(Person).where(Person.id.in_(unknown)))
    return known


def shown_of(person: Person) -> list[Any]:
    """The person with the rows that their own record is made of, as far as they are known."""
    known = person.__dict__
    return [row for row in (person, known.get("branch"), *known.get("role_rows", ())) if row is not None]


def person_at(person_id: str, version: int) -> Person:
    """The person, read anew unless the session knows them as they are at this version: whatever their own record shows
    gives them a new one when it changes.
    """
    met = db.session.identity_map.get(identity_key(Person, person_id))
    if met is not None and met.__dict__.get("version") != version:
        for row in shown_of(met):
            db.session.expire(row)
    return db.session.get_one(Person, person_id)


def give_authors(rows: Iterable[Any]) -> None:
    """Gives rows that were read without their authors whom their `by_id` names; at most one query for all."""
    lacking = [row for row in rows if "by" not in row.__dict__]
    people = {person.id: person for person in people_met(row.by_id for row in lacking)}
    for row in lacking:
        set_committed_value(row, "by", people[row.by_id])


#: whoever asks for a phone has its person before them
_DEVICE = (
    sa.select(Device)
    .where(Device.id == sa.bindparam("device_id"))
    .options(lazyload(Device.person))
    .execution_options(populate_existing=True)
)
_HELD_DEVICE = _DEVICE.with_for_update(of=Device, key_share=True)


def _device_held(device_id: str) -> Device | None:
    return db.session.scalar(_HELD_DEVICE, {"device_id": device_id})


def phones_not_wiped(person: Person) -> list[Device]:
    """A person's phones on which something may still be, blocked ones too, held to the commit."""
    return _held_phones(person)


def phones_blocked_with(person: Person) -> list[Device]:
    """A person's phones that were blocked when the account was disabled the last time, not wiped yet, held."""
    disabled = sa.select(sa.func.max(AccessEntry.at)).where(
        AccessEntry.act == "person_disabled", AccessEntry.subject_id == person.id
    )
    return _held_phones(person, Device.revoked_at == disabled.scalar_subquery())


def _held_phones(person: Person, *which: sa.ColumnElement[bool]) -> list[Device]:
    query = sa.select(Device).where(Device.person_id == person.id, Device.wiped_at.is_(None), *which).order_by(Device.id)
    return list(db.session.scalars(query.with_for_update(key_share=True).execution_options(populate_existing=True)))


def devices_of(person: Person) -> list[Device]:
    """Copies of the technician app this person registered, the newest first."""
    query = sa.select(Device).filter_by(person_id=person.id)
    return list(db.session.scalars(query.order_by(Device.registered_at.desc())))


#: what a list of phones can be put in order by
DEVICE_SORTS: dict[str, sa.ColumnElement[Any] | Any] = {
    "person": Person.name, "unsent": Device.pending_count, "oldest": Device.oldest_pending_at,
    "contact": Device.last_contact_at, "free": Device.free_bytes, "app": Device.build,
}  # fmt: skip
#: what it can be narrowed to; '' is all that are not wiped
DEVICE_KINDS = ("", "unsent", "hours", "day", "tab", "other_app", "blocked", "wiped")


def devices_query(viewer: Person, *, search: str = "", branch_id: str = "", kind: str = "", build: str = "",
                  at: datetime) -> sa.Select[Device]:
    """Copies of the technician app of the people this viewer may list; `search` looks at its name and at its person.

    `kind`: one of DEVICE_KINDS. `build`: of the app that is served now.
    """
    query = devices_for(viewer)
    if search:
        query = query.where(sa.or_(_matches(search), Device.name.icontains(search, autoescape=True)))
    if branch_id:
        query = query.where(Person.branch_id == branch_id)
    narrowed: dict[str, tuple[sa.ColumnElement[bool], ...]] = {
        "unsent": (Device.pending_count > 0,),
        "hours": (Device.pending_count > 0, Device.oldest_pending_at <= at - UNSENT_AFTER),
        "day": (Device.pending_count > 0, Device.oldest_pending_at <= at - UNSENT_OVERDUE_AFTER),
        "tab": (Device.is_installed.is_(False),),
        "other_app": (Device.build != build, Device.last_contact_at.is_not(None)),
        "blocked": (Device.revoked_at.is_not(None),),
    }  # fmt: skip
    is_gone = Device.wiped_at.is_not(None) if kind == "wiped" else Device.wiped_at.is_(None)
    return query.where(is_gone, *narrowed.get(kind, ()))


def devices_for(viewer: Person) -> sa.Select[Device]:
    """Phones of the people this viewer may list: head office and administrators all, others those of the own branch."""
    return _listed(sa.select(Device).join(Device.person), viewer)


def device_for(viewer: Person, device_id: str, *, to_change: bool = False) -> Device:
    """One of them. Raises NotFound, also for those of another branch."""
    return _one(devices_for(viewer).where(Device.id == device_id), Device, to_change)


def _one(query: sa.Select[Row], kind: type[Row], to_change: bool) -> Row:
    """What the query finds; `to_change` holds the row till the commit. Raises NotFound."""
    if to_change:
        query = query.with_for_update(of=kind, key_share=True).execution_options(populate_existing=True)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


def sorted_devices(query: sa.Select[Device], sort: str, *, descending: bool) -> sa.Select[Device]:
    """The same in order; phones that have not said come last."""
    column = DEVICE_SORTS[sort]
    first = column.desc().nulls_last() if descending else column.asc().nulls_last()
    return query.order_by(first, Device.last_contact_at.desc().nulls_last(), Device.id)
