"""Reports on the command line: whether this machine can make them, and having them made."""

import click
from flask.cli import AppGroup

from fieldservice.core.db import transaction_mode
from fieldservice.reports import keys, pressing, tasks

reports = AppGroup("reports", help="Service reports: whether they can be made here, and having them made.")


@reports.command("check")
def check() -> None:
    """Says whether everything that makes and seals a PDF is there, and if not, the line that installs it."""
    try:
        click.echo(pressing.look())
        with transaction_mode("read"):
            keys.sealing_identity()
    except RuntimeError as error:
        raise click.ClickException(str(error)) from error
    except keys.SealingTrouble as error:
        raise click.ClickException(f"reports cannot be sealed: {error.code} {error.facts or ''}".rstrip()) from error
    finally:
        pressing.end()
    click.echo("The key that seals is there.")


@reports.command("make")
def make() -> None:
    """Makes what is missing now, as the worker does by itself."""
    tasks.find_forgotten_reports()
    pressing.end()
