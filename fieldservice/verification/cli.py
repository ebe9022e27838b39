"""`flask fieldservice verify`: for anybody, so it looks into no database and heeds no setting."""

import click

from fieldservice.core.commands import fieldservice
from fieldservice.verification.offline import verify

fieldservice.add_command(verify)

COMMANDS: list[click.Command] = []
