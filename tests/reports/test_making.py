"""Reports are made once everything is here, anew when something changes, and found again when they were forgotten."""

import json
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldservice.core import audit, clock, files, i18n
from fieldservice.core.db import db
from fieldservice.core.errors import AppError
from fieldservice.evidence.models import ANNOUNCED
from fieldservice.portal.actions import case_link
from fieldservice.reports import actions, pressing, queries, rules, seal, tasks
from fieldservice.reports.models import Report
from fieldservice.signoff.actions import SigningByLink, sign_by_link
from fieldservice.web.exceptions import Asked, find
from tests.builders import a_job
from tests.portal.test_signing import ABSENT, MARK
from tests.reports.scene import a_done_visit, a_visit, finish, pdf_path, poppler, sign, words_of
from tests.signoff.sheets import VECTORS
from tests.visits.scene import planks, shoot

FAKE = pressing.Printed(b"%PDF-1.7 fake", 1, 0, 0)


@pytest.fixture(scope="module", autouse=True)
def _press_ends():
    yield
    pressing.end()


@pytest.fixture
def quick(monkeypatch):
    """No press and no seal: what is asked for is remembered."""
    asked: list[pressing.Sheet] = []

    def print_pdf(sheet: pressing.Sheet) -> pressing.Printed:
        asked.append(sheet)
        return FAKE

    monkeypatch.setattr(pressing, "print_pdf", print_pdf)
    monkeypatch.setattr(seal, "seal", lambda pdf, *, at: pdf + repr((at, len(asked))).encode())
    return asked


def rows(job) -> list[Report]:
    db.session.expire_all()
    return queries.reports_of(job)


def test_both_languages_are_made_sealed_and_chained(session, cast):
    job = a_done_visit(cast)
    tasks.look_at_changes()
    chinese, english = rows(job)
    assert [(one.language, one.revision, one.fault) for one in (chinese, english)] == [("zh", 1, ""), ("en", 1, "")]
    assert chinese.code == queries.code_of_visit(job) != english.code
    assert chinese.sealed_at
    assert pdf_path(chinese).stat().st_size == chinese.size
    assert files.sha256_of(pdf_path(chinese)) == chinese.pdf_sha256 == chinese.sealed_sha256
    assert "Signature Validation: Signature is Valid" in poppler("pdfsig", pdf_path(chinese), "-nocert")
    said = words_of(chinese)
    for part in ("服务报告单", job.number, "张伟", "王建国", "B217", rules.shown_code(chinese.code), "第0张", "已完成"):
        assert part in said, part
    assert "Servicereport" in words_of(english)
    assert audit.position_of("report", chinese.id) is not None


class TestWhen:
    def test_nothing_is_made_before_everything_is_here(self, session, cast, quick):
        job = a_visit(cast, photos=0)
        waiting = shoot(job, cast.technician, planks(99), slot="during", state=ANNOUNCED)
        sign(job, cast)
        tasks.look_at_changes()
        finish(job, cast)
        tasks.look_at_changes()
        assert rows(job) == []
        waiting = session.get_one(type(waiting), waiting.id)
        waiting.waived_at, waiting.waive_reason = clock.now(), "手机丢了"
        session.commit()
        tasks.look_at_changes()
        assert len(rows(job)) == 2

    def test_a_worker_is_told_by_the_commit_that_ends_a_visit(self, session, cast, quick, monkeypatch, app):
        app.config["BACKGROUND"] = "worker"
        told: list[str] = []
        monkeypatch.setattr("fieldservice.core.queue.later", lambda function, *args: told.append(function.__name__))
        job = a_visit(cast, photos=0)
        sign(job, cast)
        assert told == []
        finish(job, cast)
        assert told == ["look_at_changes"]
        told.clear()
        job.brief = "不算"
        session.flush()
        session.rollback()
        assert told == []
        job.product.room = "卧室"
        session.commit()
        assert told == ["look_at_changes"]

    def test_the_same_again_makes_nothing(self, session, cast, quick):
        job = a_done_visit(cast, photos=0)
        tasks.look_at_changes()
        first = [(one.id, one.pdf_sha256) for one in rows(job)]
        job.case.words += " "
        job.case.words = job.case.words.strip()
        job.bring = "别的工具"  # stands on no report
        session.commit()
        tasks.look_at_changes()
        tasks.make(job.id)
        assert [(one.id, one.pdf_sha256) for one in rows(job)] == first
        assert len(quick) == 2

    def test_what_changes_later_makes_a_revision_and_the_earlier_one_stays(self, session, cast, quick):
        job = a_done_visit(cast)
        tasks.look_at_changes()
        shoot(job, cast.technician, planks(99), slot="after", caption="补拍")
        tasks.look_at_changes()
        found = rows(job)
        assert [(one.revision, one.language, one.superseded_at is None) for one in found] == [
            (2, "zh", True), (2, "en", True), (1, "zh", False), (1, "en", False)
        ]  # fmt: skip
        assert len({one.code for one in found}) == 4
        assert all(pdf_path(one).is_file() for one in found)
        assert "补拍" in quick[-1].page
        assert queries.offered_for([job.id])[job.id] == found[:2]

    def test_work_handed_over_and_done_again_is_a_revision_with_its_own_code(self, session, cast, quick):
        job = a_done_visit(cast, photos=0)
        tasks.look_at_changes()
        job.run += 1
        job.product.model = "别的地板"
        session.commit()
        tasks.look_at_changes()
        newest = rows(job)[0]
        assert (newest.revision, newest.run, newest.sign_off_id) == (2, 2, None)
        assert newest.code == queries.code_of_visit(job)


class TestWhoSigned:
    """What the page says of it; `tests/reports/test_press.py` prints such pages."""

    @pytest.mark.one_database
    def test_a_neighbour_is_named_as_a_witness_with_reason_and_photo(self, session, cast, quick):
        job = a_visit(cast)
        neighbour = next(case for case in VECTORS["cases"] if case["name"] == "a neighbour signs")
        door = shoot(job, cast.technician, planks(33), slot="during")
        sheet = sign(job, cast, shown=neighbour["shown"], signed=neighbour["signed"] | {"photo": door.sha256})
        assert (sheet.state, sheet.fault) == ("valid", "")
        finish(job, cast)
        tasks.make(job.id)
        chinese, english = (one.page for one in quick)
        for page, said in ((chinese, ("邻居见证", "原因")), (english, ("Witnessed by a neighbour", "Reason"))):
            for words in (*said, "李阿姨", "客户去接孩子", "我只做见证，不替客户同意费用", f"report:{door.id}"):
                assert words in page, words
            assert ("客户本人没有签字" in page, "customer did not sign" in page) == (page == chinese, page == english)
        assert english.count("<path") > 2, "the mark is drawn"

    @pytest.mark.one_database
    def test_who_was_absent_and_signed_by_link_stands_with_both(self, session, cast, quick):
        job = a_visit(cast, photos=0)
        door = shoot(job, cast.technician, planks(33), slot="during")
        sheet = sign(job, cast, signed=ABSENT | {"photo": door.sha256})
        assert (sheet.state, sheet.fault) == ("valid", "")
        finish(job, cast)
        tasks.make(job.id)
        assert "did not sign" in quick[1].page
        link = case_link(job.case_id, at=clock.now())
        given = {"sheet_id": sheet.id, "presented_sha256": sheet.presented_sha256, "consent": "1", "language": "zh",
                 "name": "张丽华<b>", "role": "family", "strokes": json.dumps(MARK)}  # fmt: skip
        sign_by_link(SigningByLink(**given), case_id=job.case_id, link_id=link.id, at=clock.now())
        session.commit()
        tasks.make(job.id)
        assert [one.revision for one in rows(job)] == [2, 2, 1, 1]
        chinese, english = (one.page for one in quick[2:])
        by_link, absent = ("客户通过链接签字", "Signed by link"), ("未签字：没有人在", "nobody there")
        for page, *said in zip((chinese, english), by_link, absent, strict=True):
            for words in (*said, "张丽华&lt;b&gt;", "客户说颜色不一样", "在自己的手机或电脑上手写签名"):
                assert words in page, words
        assert "did not sign" not in english


class TestWhatGoesWrong:
    def test_a_failure_is_written_down_and_tried_again_later(self, session, cast, quick, monkeypatch):
        job = a_done_visit(cast, photos=0)

        def fails(_sheet):
            raise pressing.PressTrouble("press_missing", "no pango")

        good = pressing.print_pdf
        monkeypatch.setattr(pressing, "print_pdf", fails)
        tasks.look_at_changes()
        begun = rows(job)
        assert [(one.fault, one.tries, one.sealed_at) for one in begun] == [("press_missing", 1, None)] * 2
        assert queries.offered_for([job.id]) == {}
        monkeypatch.setattr(pressing, "print_pdf", good)
        tasks.find_forgotten_reports()
        assert rows(job)[0].sealed_at is None, "not before its time"
        with clock.frozen(clock.now() + rules.pause_after(1)):
            tasks.find_forgotten_reports()
        made = rows(job)
        assert [(one.id, one.code, one.fault) for one in made] == [(one.id, one.code, "") for one in begun]
        assert all(one.sealed_at for one in made)

    def test_the_desk_handles_it_first_once_it_does_not_pass(self, session, cast, quick):
        """What hinders all is one matter, whatever the number of visits; what hinders one names it. And not for ever."""
        jobs = [a_job(cast.store, cast.technician, state="working") for _ in range(3)]
        for job, fault in zip(jobs, ("seal_key_missing", "seal_key_missing", "press_refused"), strict=True):
            finish(job, cast)
            tasks.make(job.id)
            for one in rows(job):
                one.sealed_at = one.sealed_sha256 = one.pdf_sha256 = None
                one.fault = fault
        session.commit()

        def told(viewer, branch=cast.store, minutes=11):
            at = clock.now() + timedelta(minutes=minutes)
            with i18n.speaking("en"):
                found = find(Asked([branch.id], viewer, at, "Asia/Shanghai")).matters
            return sorted((one.key, one.action.address, one.detail) for one in found if one.kind == "report")

        ((key, address, detail), (shared, keys, waiting)) = told(cast.administrator)
        assert (key, address) == (jobs[2].id, f"/jobs/{jobs[2].id}#reports")
        assert jobs[2].number in detail
        assert (shared, keys) == ("seal_key_missing", "/keys")
        assert waiting.startswith("Visits waiting: 2 · ")
        assert told(cast.dispatcher)[1][1] == f"/jobs/{jobs[0].id}#reports", "who may not see the keys"
        assert told(cast.administrator, cast.other_store) == told(cast.administrator, minutes=9) == []
        tasks.make(jobs[2].id)
        assert [key for key, *_rest in told(cast.administrator)] == ["seal_key_missing"]

    def test_without_a_key_nothing_unsealed_is_offered(self, session, cast, quick, monkeypatch):
        def no_key(_pdf, *, at):
            raise AppError("seal_key_missing")

        monkeypatch.setattr(seal, "seal", no_key)
        job = a_done_visit(cast, photos=0)
        tasks.make(job.id)
        assert {one.fault for one in rows(job)} == {"seal_key_missing"}
        assert queries.offered_for([job.id]) == {}

    def test_a_worker_that_died_between_begins_where_it_was(self, session, cast, quick, monkeypatch):
        """SIGKILL after the row was written: no exception, no fault, nothing to clean up."""
        job = a_done_visit(cast, photos=0)

        class Killed(BaseException):
            pass

        def dies(_sheet):
            raise Killed

        good = pressing.print_pdf
        monkeypatch.setattr(pressing, "print_pdf", dies)
        with pytest.raises(Killed):
            tasks.look_at_changes()
        session.rollback()
        begun = rows(job)
        assert [(one.language, one.sealed_at, one.fault) for one in begun] == [("zh", None, "")]
        monkeypatch.setattr(pressing, "print_pdf", good)
        tasks.find_forgotten_reports()
        assert next(one.code for one in rows(job)) == begun[0].code
        assert all(one.sealed_at for one in rows(job))

    def test_two_workers_at_once_make_one_file(self, app, session, cast, quick, monkeypatch):
        job = a_done_visit(cast, photos=0)
        job_id, met = job.id, threading.Barrier(2, timeout=20)
        session.commit()

        def print_pdf(_sheet):
            met.wait()
            return FAKE

        monkeypatch.setattr(pressing, "print_pdf", print_pdf)
        made: list[bool] = []

        def work() -> None:
            with app.app_context():
                made.append(actions._make(job_id, "zh", is_asked=True))

        threads = [threading.Thread(target=work) for _ in range(2)]
        [one.start() for one in threads]
        [one.join(30) for one in threads]
        assert sorted(made) == [False, True]
        assert session.scalar(sa.select(sa.func.count()).select_from(Report)) == 1

    def test_what_changes_while_it_is_made_is_not_sealed(self, session, cast, quick, monkeypatch):
        job = a_done_visit(cast, photos=0)

        def print_pdf(sheet):
            row = queries.latest(job.id, "zh")
            row.content_sha256 = "f" * 64  # another worker has begun it anew with what is true now
            session.commit()
            return FAKE

        monkeypatch.setattr(pressing, "print_pdf", print_pdf)
        assert actions._make(job.id, "zh", is_asked=True) is False
        assert queries.latest(job.id, "zh").sealed_at is None
