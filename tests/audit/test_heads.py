"""Heads: one an hour whatever the number of workers, sent, tried again, in nobody's way."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import sqlalchemy as sa

from fieldservice.audit import heads, tasks
from fieldservice.audit.models import HeadSending
from fieldservice.core import audit, clock
from fieldservice.core.audit import TreeHead
from fieldservice.core.db import db
from tests.audit.mail_server import mail_server
from tests.builders import MOMENT
from tests.cast import sign_in


def note(session):
    audit.note("test.noted", entity_type="test", entity_id="1", by_id=None, at=MOMENT, facts={})
    session.commit()


@contextmanager
def web_server(status: int) -> Iterator[tuple[str, list[dict]]]:
    """Takes what is posted; gives its address and what came."""
    came: list[dict] = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Taker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/heads", came
    finally:
        server.shutdown()
        server.server_close()


def minute(app, moment):
    """What a worker does once a minute."""
    with app.app_context(), clock.frozen(moment):
        tasks.keep_heads()
        db.session.remove()


def test_one_head_an_hour_whatever_the_number_of_workers(app, cast, session):
    note(session)
    session.rollback()
    threads = [threading.Thread(target=minute, args=[app, MOMENT]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert session.scalar(sa.select(sa.func.count()).select_from(TreeHead)) == 1
    session.rollback()
    minute(app, MOMENT + timedelta(minutes=59))
    minute(app, MOMENT + timedelta(hours=1))
    assert session.scalar(sa.select(sa.func.count()).select_from(TreeHead)) == 1, "nothing new"
    note(session)
    minute(app, MOMENT + timedelta(hours=2, minutes=1))
    minute(app, MOMENT + timedelta(hours=2, minutes=30))
    assert session.scalar(sa.select(sa.func.count()).select_from(TreeHead)) == 2


def test_a_head_goes_to_a_web_address_once(app, cast, session):
    note(session)
    with web_server(204) as (address, came):
        app.config.update(AUDIT_HEADS_TO=address, OUTBOUND_PRIVATE=True)
        session.rollback()
        minute(app, MOMENT)
        minute(app, MOMENT + timedelta(minutes=5))
    assert len(came) == 1
    row = session.scalars(sa.select(TreeHead)).one()
    assert row.sent_at == MOMENT
    said = json.loads(came[0]["head"])
    assert said == {"at": clock.to_ms(MOMENT), "entry_hash": row.entry_hash, "root": row.root, "size": row.size}


@pytest.mark.parametrize(("status", "trouble"), [(500, "head_refused"), (302, "head_refused")])
def test_what_fails_is_tried_again_and_shown(app, client, cast, session, status, trouble):
    note(session)
    with web_server(status) as (address, came):
        app.config.update(AUDIT_HEADS_TO=address, OUTBOUND_PRIVATE=True)
        session.rollback()
        for seconds in (0, 30, 61, 120):
            minute(app, MOMENT + timedelta(seconds=seconds))
    assert len(came) == 2, "at once, and after a minute; then not before five"
    row = session.scalars(sa.select(HeadSending)).one()
    assert (row.tries, row.trouble, row.detail) == (2, trouble, str(status))
    client.set_cookie("lang", "en", domain="localhost")
    page = sign_in(client, cast.administrator).get("/audit").text
    assert f"status {status}" in page


@pytest.mark.parametrize(
    ("settings", "trouble"),
    [
        ({"AUDIT_HEADS_TO": "http://127.0.0.1:9/"}, "address_refused"),
        ({"AUDIT_HEADS_TO": "https://127.0.0.1:9/"}, "address_refused"),
        ({"AUDIT_HEADS_TO": "https://127.0.0.1:9/", "OUTBOUND_PRIVATE": True}, "no_answer"),
        ({"AUDIT_HEADS_TO": "audit@example.com"}, "no_mail_server"),
        ({"AUDIT_HEADS_TO": "audit@example.com", "MAIL_SERVER": "smtp://127.0.0.1:9"}, "no_answer"),
    ],
)
def test_a_bad_address_is_nobodys_trouble_but_the_administrators(app, cast, session, settings, trouble):
    note(session)
    app.config.update(settings)
    session.rollback()
    minute(app, MOMENT)
    assert session.scalars(sa.select(HeadSending)).one().trouble == trouble
    assert session.scalars(sa.select(TreeHead)).one().sent_at is None


def test_a_head_goes_by_mail(app, cast, session):
    note(session)
    with mail_server() as (address, mails):
        app.config.update(AUDIT_HEADS_TO="audit@example.com", MAIL_SERVER=address, MAIL_FROM="desk@example.com")
        session.rollback()
        minute(app, MOMENT)
    row = session.scalars(sa.select(TreeHead)).one()
    assert row.sent_at is not None
    assert row.root in mails[0].replace("=\n", "")
    assert "To: audit@example.com" in mails[0]


def test_a_head_that_was_taken_and_lost_is_taken_again(app, cast, session):
    """A worker died between taking and sending."""
    note(session)
    app.config.update(AUDIT_HEADS_TO="audit@example.com")
    heads.make_due(MOMENT)
    session.commit()
    size = heads.take_due(MOMENT)
    assert heads.take_due(MOMENT + timedelta(seconds=60)) is None
    assert heads.take_due(MOMENT + timedelta(minutes=3)) == size
