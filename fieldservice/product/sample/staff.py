"""Ten people in all roles, and the file their passwords are kept in until each is changed."""

import json
import os
import secrets
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

from fieldservice.accounts.models import Person, PersonRole
from fieldservice.branches.models import HEAD_OFFICE, STORE, Branch
from fieldservice.core.db import db
from fieldservice.core.ids import CODE_LETTERS
from fieldservice.core.oplog import log_office_edit
from fieldservice.core.passwords import hash_password, is_password

STORE_CODE = "BJ01"

#: staff number, name, branch, badge, roles
STAFF = (
    ("1000", "林文静", "HQ", None, ("administrator",)),
    ("1001", "周敏", "HQ", None, ("head_office_manager",)),
    ("0101", "沈丽", STORE_CODE, None, ("branch_manager",)),
    ("0102", "何晓燕", STORE_CODE, None, ("dispatcher", "service_desk")),
    ("0103", "李想", STORE_CODE, None, ("service_desk",)),
    ("0104", "钱芳", STORE_CODE, None, ("finance",)),
    ("0105", "吴静", STORE_CODE, None, ("quality",)),
    ("0217", "王建国", STORE_CODE, "B0217", ("technician",)),
    ("0218", "陈志强", STORE_CODE, "B0218", ("technician",)),
    ("0219", "赵海涛", STORE_CODE, "B0219", ("technician",)),
)


def load_staff(*, at: datetime) -> None:
    """Writes branches and people once."""
    if find_store() is not None:
        return
    branches = {
        "HQ": _branch("HQ", "总部", HEAD_OFFICE, "4008001234", "北京市朝阳区建国路 88 号"),
        STORE_CODE: _branch(STORE_CODE, "丰台店", STORE, "01063801234", "北京市丰台区科兴路 9 号"),
    }
    for branch in branches.values():
        log_office_edit("add_branch", branch, by=None, at=at, code=branch.code, name=branch.name)
    passwords = {}
    for staff_no, name, branch_code, badge_no, roles in STAFF:
        passwords[staff_no] = _new_password()
        _person(staff_no, name, branches[branch_code], badge_no, roles, passwords[staff_no], at)
    _keep(passwords)


def find_store() -> Branch | None:
    """The sample store, if the sample was ever loaded."""
    return db.session.scalar(sa.select(Branch).filter_by(code=STORE_CODE))


def technicians() -> list[Person]:
    """The three technicians, by staff number."""
    numbers = [staff_no for staff_no, *_rest, roles in STAFF if "technician" in roles]
    return list(
        db.session.scalars(sa.select(Person).where(Person.staff_no.in_(numbers)).order_by(Person.staff_no))
    )


def renew_passwords() -> None:
    """New passwords for all sample people, also those who had chosen their own."""
    passwords = {staff_no: _new_password() for staff_no, *_rest in STAFF}
    for person in _people(passwords):
        person.password_hash = hash_password(passwords[person.staff_no])
    _keep(passwords)


def sign_in_table() -> list[tuple[Person, str | None]]:
    """Each sample person with the password; None once it was changed. The file forgets changed ones."""
    passwords = _kept()
    rows = [(person, _if_unchanged(person, passwords.get(person.staff_no))) for person in _people(passwords)]
    still = {person.staff_no: password for person, password in rows if password}
    if {staff_no for staff_no, password in passwords.items() if password} - still.keys():
        _keep({staff_no: still.get(staff_no, "") for staff_no in passwords})
    return rows


def _people(staff_numbers: dict[str, str]) -> list[Person]:
    query = sa.select(Person).where(Person.staff_no.in_(staff_numbers))
    order = [staff_no for staff_no, *_rest in STAFF]
    return sorted(db.session.scalars(query), key=lambda person: order.index(person.staff_no))


def _if_unchanged(person: Person, password: str | None) -> str | None:
    return password if password and is_password(password, person.password_hash) else None


def _branch(code: str, name: str, kind: str, phone: str, address: str) -> Branch:
    zone = current_app.config["TIMEZONE"]
    branch = Branch(code=code, name=name, kind=kind, phone=phone, address=address, timezone=zone)
    db.session.add(branch)
    db.session.flush()
    return branch


def _person(
    staff_no: str,
    name: str,
    branch: Branch,
    badge_no: str | None,
    roles: tuple[str, ...],
    password: str,
    at: datetime,
) -> None:
    person = Person(
        staff_no=staff_no,
        name=name,
        branch_id=branch.id,
        badge_no=badge_no,
        created_at=at,
        password_hash=hash_password(password),
        role_rows=[PersonRole(role=role) for role in roles],
    )
    db.session.add(person)
    db.session.flush()
    log_office_edit("add_person", person, by=None, at=at, staff_no=staff_no, name=name, roles=list(roles))


def _new_password() -> str:
    """As set, else twelve letters in groups of four: easy to read from one screen and type on another."""
    groups = ("".join(secrets.choice(CODE_LETTERS.lower()) for _ in range(4)) for _ in range(3))
    return current_app.config["SAMPLE_PASSWORD"] or "-".join(groups)


def _file() -> Path:
    folder: Path = current_app.config["DATA_DIR"]
    return folder / "passwords.json"


def _kept() -> dict[str, str]:
    file = _file()
    return dict(json.loads(file.read_text())) if file.exists() else {}


def _keep(passwords: dict[str, str]) -> None:
    """Readable by the owner only, and never half-written."""
    draft = _file().with_suffix(".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(passwords, file)
    draft.replace(_file())
