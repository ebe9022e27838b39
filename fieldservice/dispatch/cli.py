"""`flask planning …`: for who installs or upgrades (docs/operations.md)."""

import click
from flask.cli import AppGroup

from fieldservice.routing import planner

planning = AppGroup("planning", help="The search that works proposals out.")


@planning.command("make-ready")
def make_ready() -> None:
    """Compiles the search for this machine, so that the first proposal need not wait; again, it does nothing."""
    if planner.is_ready():
        click.echo("The search is ready.")
        return
    planner.warm_up()
    click.echo("The search was compiled for this machine.")


COMMANDS: list[click.Command] = [planning]
