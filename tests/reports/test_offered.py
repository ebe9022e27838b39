"""Who gets a report where: the desk by right and branch, the customer by link and digits, the phone its code."""

import pytest

from fieldservice.accounts.models import AccessEntry
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.jobs.models import Job
from fieldservice.reports import pressing, queries, rules, seal, tasks
from fieldservice.reports.models import Report
from fieldservice.sync.documents import job_documents
from tests.builders import a_job
from tests.cast import sign_in
from tests.portal.visitor import Visitor, link_of
from tests.reports.scene import a_done_visit, a_visit, finish, sign, step
from tests.support.forms import post_form

PDF = b"%PDF-1.7 fake"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(pressing, "print_pdf", lambda _sheet: pressing.Printed(PDF, 2, 0, 0))
    monkeypatch.setattr(seal, "seal", lambda pdf, *, at: pdf + new_id().encode())


@pytest.fixture
def job(session, cast) -> Job:
    return a_done_visit(cast, photos=0)


@pytest.fixture
def report(job) -> Report:
    tasks.look_at_changes()
    return queries.offered_for([job.id])[job.id][0]


def downloads(session) -> list[tuple[str | None, str]]:
    found = session.scalars(db.select(AccessEntry).filter_by(act="report_downloaded")).all()
    return [(entry.person_id, entry.subject_id) for entry in found]


class TestAtTheDesk:
    def test_who_may_see_evidence_downloads_it_and_that_is_written_down(self, app, session, cast, job, report):
        desk = sign_in(app.test_client(), cast.dispatcher)
        desk.set_cookie("lang", "en", domain="localhost")
        page = desk.get(f"/jobs/{job.id}").text
        address = f"/jobs/{job.id}/reports/{report.id}.pdf"
        assert address in page
        assert rules.shown_code(report.code) in page
        assert address in desk.get(f"/cases/{job.case_id}").text
        answer = desk.get(address)
        assert answer.data.startswith(PDF)
        assert answer.mimetype == "application/pdf"
        assert f'filename="{job.number}-zh-1.pdf"' in answer.headers["Content-Disposition"]
        assert downloads(session) == [(cast.dispatcher.id, report.id)]

    @pytest.mark.parametrize(("who", "status"), [("service_desk", 403), ("finance", 403), ("quality", 200),
                                                 ("technician", 403), ("outsider", 404)])  # fmt: skip
    def test_others_do_not(self, app, session, cast, job, report, who, status):
        client = sign_in(app.test_client(), getattr(cast, who))
        assert client.get(f"/jobs/{job.id}/reports/{report.id}.pdf").status_code == status
        if status == 403 and who != "technician":
            page = client.get(f"/jobs/{job.id}").text
            assert rules.shown_code(report.code) in page, "the code is for all who see the job"
            assert f"{report.id}.pdf" not in page

    def test_a_report_of_another_job_is_not_there(self, app, session, cast, job, report):
        other = a_visit_of_another_store(cast)
        desk = sign_in(app.test_client(), cast.dispatcher)
        assert desk.get(f"/jobs/{other}/reports/{report.id}.pdf").status_code == 404
        assert desk.get(f"/jobs/{job.id}/reports/{new_id()}.pdf").status_code == 404

    def test_a_failure_is_told_and_tried_again_by_a_button(self, app, session, cast, job, monkeypatch):
        good = pressing.print_pdf

        def fails(_sheet):
            raise pressing.PressTrouble("press_missing")

        monkeypatch.setattr(pressing, "print_pdf", fails)
        tasks.look_at_changes()
        desk = sign_in(app.test_client(), cast.dispatcher)
        desk.set_cookie("lang", "en", domain="localhost")
        page = desk.get(f"/jobs/{job.id}").text
        assert "The report could not be made." in page
        assert "flask reports check" in page
        first = queries.latest(job.id, "zh")
        assert desk.get(f"/jobs/{job.id}/reports/{first.id}.pdf").status_code == 404, "not sealed, so not there"
        monkeypatch.setattr(pressing, "print_pdf", good)
        assert post_form(desk, f"/jobs/{job.id}/reports", {}).status_code == 303
        assert f"/jobs/{job.id}/reports/{first.id}.pdf" in desk.get(f"/jobs/{job.id}").text

    def test_only_who_closes_visits_has_one_made(self, app, session, cast, job):
        assert post_form(sign_in(app.test_client(), cast.quality), f"/jobs/{job.id}/reports", {}).status_code == 403
        assert post_form(sign_in(app.test_client(), cast.outsider), f"/jobs/{job.id}/reports", {}).status_code == 404
        assert queries.reports_of(job) == []

    def test_replaced_ones_stay_and_are_marked(self, app, session, cast, job, report):
        job.product.room = "卧室"
        session.commit()
        tasks.look_at_changes()
        desk = sign_in(app.test_client(), cast.dispatcher)
        desk.set_cookie("lang", "en", domain="localhost")
        page = desk.get(f"/jobs/{job.id}").text
        assert "Replaced revisions: 2" in page
        assert desk.get(f"/jobs/{job.id}/reports/{report.id}.pdf").status_code == 200


def a_visit_of_another_store(cast) -> str:
    return a_job(cast.other_store, cast.outside_technician).id


class TestByLink:
    def test_with_the_digits_the_latest_is_offered(self, client, session, cast, job, report):
        visitor = Visitor(client, link_of(job, at=clock.now()))
        below = f"/visits/{job.id}/reports/{report.id}.pdf"
        assert below not in visitor.get().text
        assert visitor.get(below).status_code == 302, "the digits come first"
        assert downloads(session) == []
        visitor.let_in()
        page = visitor.get()
        assert below in page.text
        assert len(page.data) < 60_000
        answer = visitor.get(below)
        assert answer.data.startswith(PDF)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert downloads(session) == [(None, report.id)]

    def test_no_replaced_one_none_of_another_case_none_without_a_link(self, client, session, cast, job, report):
        other = a_done_visit_elsewhere(cast)
        tasks.look_at_changes()
        theirs = queries.offered_for([other.id])[other.id][0]
        job.product.room = "卧室"
        session.commit()
        tasks.look_at_changes()
        visitor = Visitor(client, link_of(job, at=clock.now()))
        visitor.let_in()
        for job_id, report_id in ((job.id, report.id), (other.id, theirs.id), (job.id, theirs.id)):
            answer = visitor.get(f"/visits/{job_id}/reports/{report_id}.pdf")
            assert answer.status_code == 404
        assert client.get(f"/c/{'x' * 32}/visits/{job.id}/reports/{report.id}.pdf").status_code == 404
        assert downloads(session) == []


def a_done_visit_elsewhere(cast) -> Job:
    """Of another customer; by the other technician, whose phone has no key: unsigned."""
    job = a_job(cast.store, cast.technician, state="accepted")
    for name in ("depart", "arrive", "start"):
        step(job, cast.technician, name)
    finish(job, cast)
    return job


def test_the_phone_knows_the_code_before_the_report_is_made(session, cast):
    job = a_visit(cast, photos=0)
    shown = job_documents([job], person_id=cast.technician.id)[0]["links"]["report"]
    assert shown["address"].endswith(f"/verify/{rules.shown_code(queries.code_of_visit(job))}")
    finish_and_make(job, cast)
    assert queries.latest(job.id, "zh").code == queries.code_of_visit(job)
    job.state = "cancelled"
    assert job_documents([job], person_id=cast.technician.id)[0]["links"]["report"] is None


def finish_and_make(job: Job, cast) -> None:
    sign(job, cast)
    finish(job, cast)
    tasks.look_at_changes()
