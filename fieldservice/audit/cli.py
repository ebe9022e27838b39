"""`flask fieldservice audit-verify`, `audit-head`."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from fieldservice.audit import heads, queries
from fieldservice.core import audit, clock, json
from fieldservice.core.audit import Head
from fieldservice.core.commands import fieldservice
from fieldservice.core.db import db
from fieldservice.core.i18n import speaking

COMMANDS: tuple[click.Command, ...] = ()


@fieldservice.command("audit-verify")
@click.option("--head", "kept", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A head that was kept elsewhere (of audit-head, or as it was sent). Can be given often.")  # fmt: skip
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
def audit_verify(kept: tuple[Path, ...], language: str) -> None:
    """Walks along the whole audit chain. Ends with 1 and names the first wrong entry when there is one."""
    taken = [_read_head(path) for path in kept]
    with speaking(language):
        found = audit.walk(_progress, taken=taken)
        if found.wrong:
            click.echo(f"entry {found.wrong.seq}: {found.wrong.what}", err=True)
            raise SystemExit(1)
    erased = f", facts of {found.erased} erased on request" if found.erased else ""
    click.echo(f"whole: {found.entries} entries, {found.heads} heads compared{erased}")


@fieldservice.command("audit-head")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="File to write to; without it: the console.")
def audit_head(to: Path | None) -> None:
    """Makes a head over everything there is and gives it out, to be kept elsewhere."""
    audit.make_head(clock.now())
    db.session.commit()
    found = queries.latest_heads(1)
    if not found:
        raise click.ClickException("There is no entry yet.")
    text = heads.message_of(found[0][0])
    if to is None:
        click.echo(text)
        return
    to.write_text(f"{text}\n")
    click.echo(f"head over {found[0][0].size} entries: {to}", err=True)


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {total}", nl=done >= total, err=True)


def _read_head(path: Path) -> Head:
    try:
        said: Any = json.loads(json.loads(path.read_text())["head"])
        at: datetime = clock.from_ms(said["at"])
        return Head(int(said["size"]), str(said["entry_hash"]), str(said["root"]), at)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise click.ClickException(f"{path} is no head of an audit chain") from error
