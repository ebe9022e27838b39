"""`flask fieldservice keys …`: what seals reports, for who runs the machine (docs/verification.md)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from fieldservice.core import clock, i18n
from fieldservice.core.commands import fieldservice
from fieldservice.core.errors import AppError
from fieldservice.reports import keys
from fieldservice.reports.certificates import Facts, facts_of, pem_of, spaced
from fieldservice.reports.keys import Identity, Keyring
from fieldservice.reports.making_cli import reports
from fieldservice.web.words import reason_words

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)

group = AppGroup("keys", help="The keys that seal service reports.")


@group.command("show")
@click.option("--pem", is_flag=True, help="Print the roots as PEM: what others need to check reports.")
def show(pem: bool) -> None:
    """Which key seals, until when, and every one that did."""
    with _in_words():
        ring = keys.keyring()
        if not ring.is_there:
            click.echo("There is no key yet: it is made when server or worker first start.")
            return
        known = ring.known()
        if pem:
            click.echo("".join(pem_of(one.certificate) for one in known if one.role == keys.ROLE_ROOT), nl=False)
            return
        identity = ring.load()
        for one in known:
            is_now = one.role == keys.ROLE_SEAL and one.certificate == identity.certificate
            say_certificate(f"{one.role}, {one.origin}{', seals now' if is_now else ''}", one.facts, one.since_at)
        _say_state(ring, identity)


@group.command("import")
@click.argument("file", type=_FILE)
@click.option("--chain", type=_FILE, help="The authority's certificates (PEM), where FILE does not hold them.")
@click.password_option("--passphrase", confirmation_prompt=False, prompt_required=True, help="Asked for when left out.")
def take(file: Path, chain: Path | None, passphrase: str) -> None:
    """Seals from now on with the key of FILE (.p12, .pfx) of a licensed authority. Old reports still verify."""
    with _in_words():
        more = chain.read_bytes() if chain else b""
        identity = keys.keyring().take(file.read_bytes(), passphrase, more=more, at=clock.now())
        _say_new(identity)


@group.command("rotate")
@click.option("--new-root", is_flag=True, help="A new root as well: the old one's key was lost or stolen.")
def rotate(new_root: bool) -> None:
    """Seals from now on with a new key made here. What was sealed before still verifies."""
    with _in_words():
        identity = keys.keyring().rotate(keys.terms(), new_root=new_root, at=clock.now())
        _say_new(identity)


@group.command("protect")
@click.password_option("--before", confirmation_prompt=False, default="", help="The passphrase until now; empty: none.")
def protect(before: str) -> None:
    """Writes the key files anew under the passphrase that FIELDSERVICE_KEY_PASSPHRASE has now."""
    with _in_words():
        ring = keys.keyring()
        ring.protect(before)
        _say_state(ring, ring.load())


def say_certificate(what: str, facts: Facts, since_at: datetime | None = None) -> None:
    """One certificate in a few lines."""
    click.echo(f"{what}{f' (since {since_at:%Y-%m-%d})' if since_at else ''}")
    click.echo(f"  {facts.subject}")
    click.echo(f"  {facts.from_at:%Y-%m-%d} to {facts.until_at:%Y-%m-%d}, SHA-256 {spaced(facts.fingerprint)}")


def _say_new(identity: Identity) -> None:
    say_certificate("Seals from now on:", facts_of(identity.certificate))
    say_certificate("Its root, to be given to whoever checks reports:", facts_of(identity.root))
    click.echo("Back up the keys now: flask backup FOLDER --keys OTHER.")


def _say_state(ring: Keyring, identity: Identity) -> None:
    if identity.is_encrypted:
        click.echo("The key file is encrypted.")
    else:
        click.echo("The key file is not encrypted. Set FIELDSERVICE_KEY_PASSPHRASE, then: fieldservice keys protect.")
    if not ring.has_root_key:
        click.echo("The root's key is not here: put root.p12 back before `keys rotate`, or use --new-root.")
    if keys.is_ending(identity, at=clock.now()):
        click.echo("Reports sealed now are kept longer than this certificate lasts: flask fieldservice keys rotate.")


@contextmanager
def _in_words() -> Iterator[None]:
    """An error of ours is a sentence and exit code 1."""
    try:
        yield
    except AppError as error:
        with i18n.speaking("en"):
            raise click.ClickException(reason_words(error.code, error.facts)) from error


fieldservice.add_command(group)

COMMANDS: list[click.Command] = [reports]
