"""`flask rescue renew-key`."""

import click
from flask import current_app
from flask.cli import AppGroup

from fieldservice.core import secrets_file

rescue = AppGroup("rescue", help="Files of unsent work.")

COMMANDS = [rescue]


@rescue.command("renew-key")
def renew_key() -> None:
    """Makes a new key that phones seal with; restart the server after it. Files sealed before still open."""
    click.echo(f"New key: {secrets_file.add_rescue_key(current_app.config['DATA_DIR'])}. Restart the server.")
