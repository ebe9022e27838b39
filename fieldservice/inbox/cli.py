"""`flask sync replay-parked`."""

import click
from flask.cli import AppGroup

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.inbox import actions, queries

sync = AppGroup("sync", help="What phones send.")

COMMANDS = [sync]


@sync.command("replay-parked")
def replay_parked() -> None:
    """Applies what newer apps sent and nobody knew then, as far as it is known now. Again changes nothing."""
    waiting = queries.parked()
    db.session.rollback()
    applied = 0
    for item_id in waiting:
        applied += actions.replay_parked(item_id, at=clock.now())
        db.session.commit()
    click.echo(f"Parked: {len(waiting)}, judged now: {applied}")
