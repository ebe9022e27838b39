"""The people of the tests: one of each role, and somebody from another branch who must see nothing."""

from dataclasses import dataclass

from flask.testing import FlaskClient

from fieldservice.accounts import sessions
from fieldservice.accounts.models import Person, PersonRole
from fieldservice.branches.models import HEAD_OFFICE, STORE, Branch
from fieldservice.core import clock
from fieldservice.core.db import db


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


def a_cast() -> Cast:
    """Writes them all, committed."""
    head = Branch(code="HQ", name="总部", kind=HEAD_OFFICE, timezone="Asia/Shanghai", phone="4001234567")
    store = Branch(code="BJ01", name="丰台店", kind=STORE, timezone="Asia/Shanghai", phone="01087654321")
    other = Branch(code="SH01", name="浦东店", kind=STORE, timezone="Asia/Shanghai", phone="02187654321")
    db.session.add_all([head, store, other])
    db.session.flush()
    cast = Cast(
        head,
        store,
        other,
        administrator=a_person("1000", "管理员", head, "administrator"),
        head_office_manager=a_person("1001", "总经理", head, "head_office_manager"),
        branch_manager=a_person("0101", "沈店长", store, "branch_manager"),
        dispatcher=a_person("0102", "沈女士", store, "dispatcher"),
        service_desk=a_person("0103", "客服小李", store, "service_desk"),
        finance=a_person("0104", "财务小钱", store, "finance"),
        quality=a_person("0105", "品质小周", store, "quality"),
        technician=a_person("0217", "王建国", store, "technician", badge_no="B217"),
        second_technician=a_person("0218", "陈志强", store, "technician", badge_no="B218"),
        outsider=a_person("0902", "外店派工", other, "dispatcher"),
        outside_technician=a_person("0917", "外店师傅", other, "technician", badge_no="B917"),
    )
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
