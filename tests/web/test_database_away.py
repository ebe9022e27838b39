"""The database goes and comes back: said honestly, nothing to restart."""

import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fieldservice.core.db import db
from tests.builders import a_job
from tests.cast import Cast, sign_in
from tests.support.databases import Database, app_on, close
from tests.sync.phone import Phone, results

pytestmark = pytest.mark.every_rail


def test_without_a_database_it_lives_and_says_that_it_is_not_ready(tmp_path: Path) -> None:
    nowhere = Database("postgresql", "postgresql+psycopg://nobody@/nothing?host=/nonexistent")
    app = app_on(nowhere, tmp_path)
    client = app.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    assert client.get("/livez").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["checks"]["database"]["ok"]) == (503, False)
    answer = client.post("/api/session", json={"name": "0217", "password": "x"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    client.set_cookie("__Host-session", "x", domain="localhost", secure=True)
    page = client.get("/", headers={"Accept-Language": "en"})
    assert page.status_code == 503
    assert "try again in a few seconds" in page.text
    close(app)


def test_it_goes_on_by_itself_after_the_database_was_restarted(
    app: Flask, client: FlaskClient, cast: Cast
) -> None:
    """Every connection of the pool is cut, as a restart does; the next request finds new ones."""
    phone = Phone(sign_in(client, cast.technician))
    phone.op("add_note", a_job(cast.store, cast.technician).id, text="一")
    db.session.remove()
    if db.engine.dialect.name == "postgresql":
        engine = sa.create_engine(db.engine.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            assert connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid) {others}").all()
            while connection.exec_driver_sql(f"SELECT 1 {others}").all():
                time.sleep(0.01)  # they are told, and end when they come to it
    else:
        db.engine.dispose()
    assert client.get("/readyz").status_code == 200
    assert results(phone.sync()) == ["applied"]
