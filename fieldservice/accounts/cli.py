"""Commands of the machine's owner."""

from datetime import timedelta

import click
from flask import current_app
from flask.cli import with_appcontext

from fieldservice.accounts.actions import NewLink, add_person, make_link
from fieldservice.accounts.models import Person
from fieldservice.accounts.queries import active_administrators
from fieldservice.accounts.rules import PersonEntry
from fieldservice.branches.actions import add_branch
from fieldservice.branches.models import HEAD_OFFICE, Branch
from fieldservice.branches.queries import head_office
from fieldservice.branches.rules import BranchEntry
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.permissions import ADMINISTRATOR

FIRST_STAFF_NO = "1000"
FIRST_BRANCH_CODE = "HQ"
#: whoever starts the machine may come back to it the next morning
FIRST_LINK_GOOD_FOR = timedelta(hours=24)


@click.command("first-admin")
@click.option("--for", "staff_no", help="Staff number of an administrator who forgot the password.")
@with_appcontext
def first_admin(staff_no: str | None) -> None:
    """Prints a one-time link for the first administrator; makes head office and administrator when missing."""
    if staff_no:
        _make_and_print(_administrator_with(staff_no))
        return
    with_password = [person for person in active_administrators() if person.password_hash]
    if with_password:
        numbers = ", ".join(person.staff_no for person in with_password)
        click.echo(f"There is an administrator with a password already: staff number {numbers}. Nothing was changed.")
        click.echo(f"Forgotten? flask --app wsgi first-admin --for {with_password[0].staff_no}")
        return
    _make_and_print(_administrator())


def _administrator() -> Person:
    waiting = active_administrators()
    if waiting:
        return waiting[0]
    branch = head_office() or _head_office()
    entry = PersonEntry(staff_no=_free_staff_no(), name="管理员", branch_id=branch.id, roles=frozenset({ADMINISTRATOR}))
    return add_person(entry, by=None, at=clock.now())


def _administrator_with(staff_no: str) -> Person:
    for person in active_administrators():
        if person.staff_no == staff_no:
            return person
    raise click.ClickException(f"{staff_no} is not the staff number of an active administrator.")


def _head_office() -> Branch:
    entry = BranchEntry(code=FIRST_BRANCH_CODE, name="总部", kind=HEAD_OFFICE, timezone=current_app.config["TIMEZONE"])
    return add_branch(entry, by=None, at=clock.now())


def _free_staff_no() -> str:
    """1000, or the next that is free: a disabled person may hold it."""
    number = int(FIRST_STAFF_NO)
    while db.session.query(Person.id).filter_by(staff_no=str(number)).first():
        number += 1
    return str(number)


def _make_and_print(person: Person) -> None:
    made = make_link(person, by=None, at=clock.now(), good_for=FIRST_LINK_GOOD_FOR)
    db.session.commit()
    _print(person, made)


def _print(person: Person, made: NewLink) -> None:
    click.echo("The administrator's way in, good once, for 24 hours:")
    click.echo(f"  staff number  {person.staff_no}")
    click.echo(f"  link          {current_app.config['BASE_URL']}/go/{made.token}")
    click.echo(f"  code          {made.code}")


COMMANDS = [first_admin]
