"""`flask sample load`, `flask sample passwords [--renew]`."""

import unicodedata

import click
from flask.cli import AppGroup

from fieldservice.checklists.actions import install_standard
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.i18n import gettext as _
from fieldservice.product.sample import day, places, planning, portraits, staff
from fieldservice.web.role_words import ROLES as ROLE_WORDS

sample = AppGroup("sample", help="Sample data: a store with people, customers and today's jobs.")

COMMANDS = [sample]


@sample.command("load")
def load() -> None:
    """Writes the sample data once, and each later day that day's jobs."""
    at = clock.now()
    staff.load_staff(at=at)
    portraits.load_portraits(staff.technicians(), at=at)
    install_standard(at=at)
    store = staff.find_store()
    assert store is not None
    planning.load_planning(store, staff.technicians(), at=at)
    sites = places.load_homes(store, at=at)
    added = day.load_day(store, sites, staff.technicians(), at=at)
    db.session.commit()
    click.echo(f"Sample jobs added: {added}")


@sample.command("passwords")
@click.option("--renew", is_flag=True, help="Give every sample person a new password.")
def passwords(renew: bool) -> None:
    """Shows who can sign in with which password, until each is changed."""
    if renew:
        staff.renew_passwords()
        db.session.commit()
    rows = staff.sign_in_table()
    if not rows:
        click.echo("There are no sample people: `flask sample load` makes them.")
        return
    _say_row(_("Roles"), _("Name"), _("Staff number"), _("Password"))
    for person, password in rows:
        roles = _(", ").join(str(ROLE_WORDS[role]) for role in sorted(person.roles))
        _say_row(roles, person.name, person.staff_no, password or _("chosen by themselves"))


def _say_row(roles: str, name: str, staff_no: str, password: str) -> None:
    click.echo(f"  {_wide(roles, 26)}{_wide(name, 10)}{_wide(staff_no, 14)}{password}")


def _wide(text: str, width: int) -> str:
    """Padded to columns of a terminal, where a Chinese character takes two."""
    taken = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    return text + " " * max(1, width - taken)
