"""Backups of the application in this process, and what puts them back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask, has_app_context

from fieldservice.core.db import db

Run = Callable[..., Result]


def let_go(app: Flask) -> None:
    """Gives every connection back: before a command, and before a child process, which must not share them."""
    if has_app_context():
        db.session.rollback()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def run(app: Flask) -> Run:
    """Runs a command as the machine's owner does: nobody else is connected."""

    def run_it(*words: object, on: Flask = app) -> Result:
        let_go(app)
        let_go(on)
        with on.app_context():
            return on.test_cli_runner().invoke(args=[str(word) for word in words])

    return run_it


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the backup goes."""
    return tmp_path / "backups" / "one"
