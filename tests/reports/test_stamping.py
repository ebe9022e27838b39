"""Trusted time comes later, and nothing waits for it."""

import time
from http.server import HTTPServer

from fieldservice.core import audit, clock, files
from fieldservice.core.db import db
from fieldservice.reports import stamping, tasks
from fieldservice.reports.models import Report
from fieldservice.verification import known
from tests.reports.test_seal import NOW, the_time, time_server  # noqa: F401 - a fixture
from tests.verification import sealed


def test_a_worker_adds_the_time_when_the_authority_answers(app, cast, session, tmp_path, time_server: HTTPServer) -> None:  # noqa: F811
    made = sealed.a_sealed_report(cast)
    assert known.verify(sealed.at_path(tmp_path, made.pdf), at=clock.now()).of("time").code == "time_none"
    assert stamping.add_time() == 0, "no authority is set"
    works = time_server.says
    time_server.says = lambda _asked: (503, b"")
    app.config.update(TIME_STAMP_URL=f"http://127.0.0.1:{time_server.server_port}/", OUTBOUND_PRIVATE=True)
    tasks.add_trusted_time()
    assert session.get_one(Report, made.report_id).time_stamped_at is None
    time_server.says = works
    before = audit.size()
    tasks.add_trusted_time()
    session.expire_all()
    row = session.get_one(Report, made.report_id)
    assert row.time_stamped_at == NOW
    assert (row.sealed_sha256 != row.pdf_sha256, audit.size()) == (True, before + 1)
    stamped = files.path_of(row.pdf_sha256).read_bytes()
    assert (len(stamped), stamped.startswith(made.pdf)) == (row.size, True)
    assert files.path_of(row.sealed_sha256).read_bytes() == made.pdf, "who has it may still ask"
    tasks.add_trusted_time()
    session.expire_all()
    assert session.get_one(Report, made.report_id).pdf_sha256 == row.pdf_sha256, "once is enough"
    found = known.verify(sealed.at_path(tmp_path, stamped), at=clock.now())
    assert (found.verdict, found.of("time").code, found.of("time").facts["at"]) == ("genuine", "time_trusted", NOW)
    older = known.verify(sealed.at_path(tmp_path, made.pdf), at=clock.now())
    assert (older.verdict, older.of("whole").code) == ("genuine", "whole_before_stamp")
    for broken in (sealed.appended(stamped), sealed.edited(stamped), sealed.flipped(stamped)):
        assert not known.verify(sealed.at_path(tmp_path, broken), at=clock.now()).is_good


def test_a_stamp_of_somebody_else_is_told_from_ours(app, cast, session, tmp_path) -> None:
    made = sealed.a_sealed_report(cast)
    theirs, _at, _top = stamping.seal.stamp_with(the_time(), made.pdf)
    found = known.verify(sealed.at_path(tmp_path, theirs), at=clock.now())
    assert (found.of("whole").code, found.of("time").code) == ("whole_stamped", "time_unknown_authority")
    assert not found.is_good


def test_an_authority_that_hangs_holds_nothing_up(app, cast, session, monkeypatch) -> None:
    """It is given up after seconds, and the database is free meanwhile."""
    made = sealed.a_sealed_report(cast)
    app.config.update(TIME_STAMP_URL="https://time.example/", OUTBOUND_PRIVATE=False)

    def hangs(*_args: object, **_given: object) -> tuple[int, bytes]:
        assert not db.session.in_transaction(), "something is held while others are asked"
        raise stamping.seal.outbound.Failed("did not answer")

    monkeypatch.setattr(stamping.seal.outbound, "ask", hangs)
    began = time.monotonic()
    assert stamping.add_time() == 0
    assert time.monotonic() - began < 5
    assert session.get_one(Report, made.report_id).sealed_at is not None
