"""Adding, changing and disabling people."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from fieldservice.accounts import sessions
from fieldservice.accounts.actions import add_person, change_person, disable_person, enable_person
from fieldservice.accounts.models import AccessEntry, LoginSession, Person
from fieldservice.accounts.rules import PersonEntry
from fieldservice.branches.actions import close_branch
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.oplog import log_of
from tests.cast import Cast

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def entry_of(person: Person, **changes: object) -> PersonEntry:
    entry = PersonEntry(staff_no=person.staff_no, name=person.name, branch_id=person.branch_id, roles=person.roles,
                        phone=person.phone, badge_no=person.badge_no, language=person.language)
    return replace(entry, **changes)  # type: ignore[arg-type]


def change(cast: Cast, person: Person, **changes: object) -> None:
    change_person(person, entry_of(person, **changes), expected_version=person.version, by=cast.administrator, at=NOON)
    db.session.commit()


def test_a_new_person_stands_in_both_logs(cast: Cast) -> None:
    entry = PersonEntry("0300", "新来的", cast.store.id, frozenset({"technician", "dispatcher"}), phone="13900000000")
    person = add_person(entry, by=cast.administrator, at=NOON)
    db.session.commit()
    assert person.roles == {"technician", "dispatcher"}
    assert person.password_hash is None
    assert [log.kind for log in log_of("person", person.id)] == ["office.add_person"]
    line = db.session.scalars(sa.select(AccessEntry).filter_by(subject_id=person.id)).one()
    assert (line.act, line.person_id) == ("person_added", cast.administrator.id)


@pytest.mark.parametrize(("changes", "code", "field"), [
    ({"staff_no": "0217"}, "staff_no_taken", "staff_no"), ({"phone": "13812342716"}, "phone_taken", "phone"),
    ({"badge_no": "b217"}, "badge_no_taken", "badge_no"), ({"roles": frozenset()}, "role_missing", "roles"),
    ({"roles": frozenset({"king"})}, "role_missing", "roles"), ({"branch_id": "none"}, "branch_closed", "branch_id")])
def test_what_is_taken_or_unknown_is_refused(cast: Cast, changes: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        change(cast, cast.second_technician, **changes)
    assert (refused.value.code, refused.value.facts["field"]) == (code, field)


def test_roles_are_added_and_taken(cast: Cast) -> None:
    change(cast, cast.technician, roles=frozenset({"technician", "quality"}))
    assert cast.technician.roles == {"technician", "quality"}
    change(cast, cast.technician, roles=frozenset({"finance"}))
    assert cast.technician.roles == {"finance"}


def test_a_change_of_roles_alone_takes_a_new_version(cast: Cast) -> None:
    before = cast.technician.version
    change(cast, cast.technician, roles=frozenset({"technician", "quality"}))
    assert cast.technician.version > before


def test_who_comes_second_is_told(cast: Cast) -> None:
    seen = cast.technician.version
    change(cast, cast.technician, name="王大师")
    with pytest.raises(Conflict, match="changed_meanwhile"):
        change_person(cast.technician, entry_of(cast.technician, name="王师傅"), expected_version=seen,
                      by=cast.administrator, at=NOON)


def test_the_last_administrator_stays(cast: Cast) -> None:
    with pytest.raises(RuleBroken, match="last_administrator"):
        disable_person(cast.administrator, by=cast.administrator, at=NOON)
    with pytest.raises(RuleBroken, match="last_administrator"):
        change(cast, cast.administrator, roles=frozenset({"finance"}))


def test_of_two_administrators_one_may_go(cast: Cast) -> None:
    change(cast, cast.finance, roles=frozenset({"finance", "administrator"}))
    disable_person(cast.administrator, by=cast.finance, at=NOON)
    with pytest.raises(RuleBroken, match="last_administrator"):
        change(cast, cast.finance, roles=frozenset({"finance"}))


def test_disabling_ends_every_session_and_can_be_taken_back(cast: Cast) -> None:
    sessions.open_session(cast.technician, at=NOON, address="", user_agent="")
    sessions.open_session(cast.technician, at=NOON, address="", user_agent="")
    disable_person(cast.technician, by=cast.administrator, at=NOON)
    db.session.commit()
    assert set(db.session.scalars(sa.select(LoginSession.ended_at))) == {NOON}
    assert not cast.technician.can("phone.use")
    enable_person(cast.technician, by=cast.administrator, at=NOON)
    assert cast.technician.can("phone.use")
    assert set(db.session.scalars(sa.select(LoginSession.ended_at))) == {NOON}


def test_nobody_comes_into_a_closed_branch(cast: Cast) -> None:
    disable_person(cast.outsider, by=cast.administrator, at=NOON)
    close_branch(cast.other_store, by=cast.administrator, at=NOON)
    with pytest.raises(RuleBroken, match="branch_closed"):
        enable_person(cast.outsider, by=cast.administrator, at=NOON)
    with pytest.raises(RuleBroken, match="branch_closed"):
        change(cast, cast.technician, branch_id=cast.other_store.id)
    change(cast, cast.outside_technician, name="还在的")
    assert cast.outside_technician.name == "还在的"
