"""`flask checklists install`: run after each upgrade of the product."""

import click
from flask.cli import AppGroup

from fieldservice.checklists.actions import install_standard
from fieldservice.core import clock
from fieldservice.core.db import db

checklists = AppGroup("checklists", help="The conduct standard of visits.")

COMMANDS = [checklists]


@checklists.command("install")
def install() -> None:
    """Brings in the shipped checklists that are not here yet; never replaces one that people published."""
    added = install_standard(at=clock.now())
    db.session.commit()
    click.echo(f"Checklists added: {added}")
