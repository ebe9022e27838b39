"""The people of the tests: one of each role, and somebody from another branch who must see nothing."""

from dataclasses import dataclass

import sqlalchemy as sa
from flask.testing import FlaskClient

from fieldservice.accounts import sessions
from fieldservice.accounts.models import Person, PersonRole
from fieldservice.branches.models import HEAD_OFFICE, STORE, Branch
from fieldservice.core import clock, versions
from fieldservice.core.db import db
from fieldservice.core.ids import new_id


@dataclass
class Cast:
    """Head office, a store, another store; and their people."""

    head_office: Branch
    store: Branch
    other_store: Branch
    administrator: Person
    head_office_manager: Person
    branch_manager: Person
    dispatcher: Person
    service_desk: Person
    finance: Person
    quality: Person
    technician: Person
    second_technician: Person
    #: of another store: must see nothing of the first
    outsider: Person
    outside_technician: Person


_BRANCHES = {
    "head_office": {"code": "HQ", "name": "总部", "kind": HEAD_OFFICE, "phone": "4001234567"},
    "store": {"code": "BJ01", "name": "丰台店", "kind": STORE, "phone": "01087654321"},
    "other_store": {"code": "SH01", "name": "浦东店", "kind": STORE, "phone": "02187654321"},
}

#: by role, if nothing else is said: number, name, branch
_PEOPLE = {
    "administrator": ("1000", "管理员", "head_office"),
    "head_office_manager": ("1001", "总经理", "head_office"),
    "branch_manager": ("0101", "沈店长", "store"),
    "dispatcher": ("0102", "沈女士", "store"),
    "service_desk": ("0103", "客服小李", "store"),
    "finance": ("0104", "财务小钱", "store"),
    "quality": ("0105", "品质小周", "store"),
    "technician": ("0217", "王建国", "store"),
    "second_technician": ("0218", "陈志强", "store"),
    "outsider": ("0902", "外店派工", "other_store"),
    "outside_technician": ("0917", "外店师傅", "other_store"),
}
_ROLES = {"second_technician": "technician", "outsider": "dispatcher", "outside_technician": "technician"}
_BADGES = {"technician": "B217", "second_technician": "B218", "outside_technician": "B917"}


def a_cast() -> Cast:
    """Writes them all, committed.

    Most tests begin with it, so it is one statement a table. One by one, each would be asked which jobs show them.
    """
    names = [*_BRANCHES, *_PEOPLE]
    ids = dict(zip(names, sorted(new_id() for _ in names), strict=True))  # as if entered one after another
    branches = [{"id": ids[key], "timezone": "Asia/Shanghai", **given} for key, given in _BRANCHES.items()]
    people = [
        {
            "id": ids[who],
            "staff_no": staff_no,
            "name": name,
            "branch_id": ids[branch],
            "badge_no": _BADGES.get(who),
            "created_at": clock.now(),
        }
        for who, (staff_no, name, branch) in _PEOPLE.items()
    ]
    roles = [{"person_id": ids[who], "role": _ROLES.get(who, who)} for who in _PEOPLE]
    with versions.unversioned_writes():
        for kind, rows in ((Branch, branches), (Person, people), (PersonRole, roles)):
            db.session.execute(sa.insert(kind), rows)
    found = {row.id: row for kind in (Branch, Person) for row in db.session.scalars(sa.select(kind))}
    cast = Cast(**{name: found[ids[name]] for name in names})
    for row in vars(cast).values():
        versions.touch(row)  # the commit gives them their version
    db.session.commit()
    return cast


def a_person(staff_no: str, name: str, branch: Branch, *roles: str, badge_no: str | None = None) -> Person:
    """Somebody of the staff with these roles; flushed, not committed."""
    person = Person(
        staff_no=staff_no,
        name=name,
        branch_id=branch.id,
        badge_no=badge_no,
        created_at=clock.now(),
        role_rows=[PersonRole(role=role) for role in roles],
    )
    db.session.add(person)
    db.session.flush()
    return person


def sign_in(client: FlaskClient, person: Person) -> FlaskClient:
    """Gives the client a running session of `person`; also what a browser says of itself."""
    _session, token = sessions.open_session(person, at=clock.now(), address="127.0.0.1", user_agent="test")
    db.session.commit()
    client.set_cookie(sessions.COOKIE, token, domain="localhost", secure=True)
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return client
