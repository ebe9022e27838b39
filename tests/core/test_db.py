"""The database module: which SQLite is safe, moments without a zone."""

from datetime import datetime

import pytest
from sqlalchemy.exc import StatementError

from fieldservice.core import db
from tests.builders import a_customer


@pytest.mark.parametrize(
    ("version", "risky"),
    [("3.6.23", False), ("3.7.0", True), ("3.40.1", True), ("3.51.2", True), ("3.51.3", False), ("3.53.4", False)],
)
def test_it_knows_which_sqlite_can_damage_a_database(version, risky):
    assert db.is_sqlite_risky(version) == risky


def test_a_risky_sqlite_is_warned_of_at_start(monkeypatch, caplog):
    monkeypatch.setattr(db, "sqlite_version", lambda: "3.40.1")
    with caplog.at_level("WARNING", logger="fieldservice.database"):
        db._warn_of_risky_sqlite()
    assert "3.40.1" in caplog.text


def test_the_health_page_says_so(app, client, monkeypatch):
    monkeypatch.setattr(db, "sqlite_version", lambda: "3.40.1")
    found = client.get("/readyz").json["checks"]["sqlite"]
    uses_sqlite = app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
    assert found["ok"]
    assert ("can damage" in found["found"]) == uses_sqlite


def test_a_moment_without_its_zone_is_refused(cast, session):
    with pytest.raises(StatementError, match="without its zone"):
        a_customer(cast.store, created_at=datetime(2026, 11, 21))
    session.rollback()
