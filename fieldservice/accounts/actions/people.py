"""Adding, changing, disabling people. Every change stands in the log and in the access log."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.actions.access_log import note_access
from fieldservice.accounts.actions.devices import restore_device, revoke_device
from fieldservice.accounts.actions.sessions import end_all_sessions
from fieldservice.accounts.events import PersonDisabled
from fieldservice.accounts.models import Person, PersonRole
from fieldservice.accounts.queries import active_administrators, phones_blocked_with, phones_not_wiped
from fieldservice.accounts.rules import PersonEntry
from fieldservice.branches.models import Branch
from fieldservice.core import audit
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.events import publish
from fieldservice.core.oplog import log_of, log_office_edit
from fieldservice.core.permissions import ADMINISTRATOR, ROLES
from fieldservice.core.versions import touch

_UNIQUE = {"staff_no": "staff_no_taken", "phone": "phone_taken", "badge_no": "badge_no_taken"}
_COLUMNS = ("staff_no", "name", "phone", "badge_no", "branch_id", "language")


def add_person(entry: PersonEntry, *, by: Person | None, at: datetime) -> Person:
    """A new person without a password: a one-time link lets them in. Raises RuleBroken(code, field=…)."""
    _check(entry, None)
    person = Person(**_values(entry), created_at=at, role_rows=[PersonRole(role=role) for role in sorted(entry.roles)])
    db.session.add(person)
    db.session.flush()
    audit.note("role.given", entity_type="person", entity_id=person.id, by_id=by.id if by else None, at=at,
               facts={"after": entry.roles})
    _log("add_person", "person_added", person, by=by, at=at, **_record(entry))
    return person


def change_person(person: Person, entry: PersonEntry, *, expected_version: int, by: Person, at: datetime) -> None:
    """Changes the record. Raises RuleBroken(code, field=…), Conflict when it is no longer at `expected_version`."""
    if person.version != expected_version:
        raise Conflict("changed_meanwhile")
    _check(entry, person)
    if ADMINISTRATOR not in entry.roles:
        _check_not_last_administrator(person)
    if person.roles != entry.roles:
        audit.note("role.changed", entity_type="person", entity_id=person.id, by_id=by.id, at=at,
                   facts={"before": person.roles, "after": entry.roles})
    for name, value in _values(entry).items():
        setattr(person, name, value)
    person.role_rows = _roles(person, entry.roles)
    touch(person)
    db.session.flush()
    _log("change_person", "person_changed", person, by=by, at=at, **_record(entry))


def disable_person(person: Person, *, by: Person, at: datetime) -> None:
    """Nobody gets in with this account any more. Its phones are blocked: with their next contact they deliver what is
    unsent and are wiped. Every other session ends now.
    """
    if not person.is_active:
        return
    _check_not_last_administrator(person)
    person.is_active = False
    phones = phones_not_wiped(person)
    for phone in phones:
        revoke_device(phone, by=by, at=at)
    end_all_sessions(person, by=by, at=at, but_on=[phone.id for phone in phones])
    _log("disable_person", "person_disabled", person, by=by, at=at)
    publish(PersonDisabled(person, by, at))


def enable_person(person: Person, *, by: Person, at: datetime) -> None:
    """The account is good again, and its phones that were blocked with it and not wiped yet.

    Raises RuleBroken('branch_closed').
    """
    if person.is_active:
        return
    if not person.branch.is_active:
        raise RuleBroken("branch_closed")
    person.is_active = True
    for phone in phones_blocked_with(person):
        restore_device(phone, by=by, at=at)
    _log("enable_person", "person_enabled", person, by=by, at=at)


def set_language(person: Person, language: str, *, at: datetime) -> None:
    """The person's own choice of language."""
    if person.language != language:
        person.language = language
        log_office_edit("set_language", person, by=person, at=at, language=language)


def share_position(person: Person, is_shared: bool, *, at: datetime, said_at: datetime | None = None) -> None:
    """The person's own agreement, or its withdrawal, that the office sees where the last step was taken while on duty.

    `said_at`: when, if it waited on a phone: what another phone said since stands. It counts from `at` on.
    """
    said_at = said_at or at
    said = (one.happened_at for one in log_of("person", person.id) if one.kind == "office.share_position")
    if (person.shares_position_since is not None) != is_shared and said_at >= max(said, default=said_at):
        person.shares_position_since = at if is_shared else None
        log_office_edit("share_position", person, by=person, at=at, is_shared=is_shared).happened_at = said_at


def _check(entry: PersonEntry, person: Person | None) -> None:
    if not entry.roles or entry.roles - set(ROLES):
        raise RuleBroken("role_missing", field="roles")
    branch = db.session.get(Branch, entry.branch_id)
    if branch is None or not (branch.is_active or (person is not None and person.branch_id == branch.id)):
        raise RuleBroken("branch_closed", field="branch_id")
    for field, code in _UNIQUE.items():
        if _is_taken(field, getattr(entry, field), person):
            raise RuleBroken(code, field=field)


def _is_taken(field: str, value: str | None, person: Person | None) -> bool:
    if value is None:
        return False
    query = sa.select(Person.id).where(sa.func.lower(getattr(Person, field)) == value.lower())
    found = db.session.scalar(query.where(Person.id != (person.id if person else "")).limit(1))
    return found is not None


def _check_not_last_administrator(person: Person) -> None:
    """Locks them all: of two administrators who disable each other at once, one comes too late."""
    ids = [found.id for found in active_administrators()]
    db.session.execute(sa.select(Person.id).where(Person.id.in_(ids)).order_by(Person.id).with_for_update(key_share=True))
    if [found.id for found in active_administrators()] == [person.id]:
        raise RuleBroken("last_administrator", field="roles")


def _roles(person: Person, wanted: frozenset[str]) -> list[PersonRole]:
    kept = [row for row in person.role_rows if row.role in wanted]
    return kept + [PersonRole(role=role) for role in sorted(wanted - {row.role for row in kept})]


def _values(entry: PersonEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _COLUMNS}


def _record(entry: PersonEntry) -> dict[str, Any]:
    return {**_values(entry), "roles": sorted(entry.roles)}


def _log(kind: str, act: str, person: Person, *, by: Person | None, at: datetime, **body: Any) -> None:
    log_office_edit(kind, person, by=by, at=at, **body)
    note_access(act, by=by, at=at, subject=person)
