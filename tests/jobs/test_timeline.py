"""The line of time on the pages of a job and of a case, by everything that happened."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from fieldservice.core import clock
from fieldservice.core.clock import to_ms
from fieldservice.core.db import db
from fieldservice.core.happening import Happening
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry
from fieldservice.jobs import actions, rules
from fieldservice.jobs.models import Job, JobNote
from fieldservice.portal.models import CustomerWord
from fieldservice.visits import actions as visits
from tests.builders import MOMENT, a_case, a_checklist, a_customer, a_job, a_site
from tests.cast import Cast, sign_in
from tests.signoff.sheets import register_key, signed_on, take_photos
from tests.sync.phone import Phone
from tests.visits.scene import a_whole_visit, answer
from tests.visits.test_views import CONTENT


@pytest.fixture
def job(cast: Cast) -> Job:
    return a_job(cast.store, cast.technician)


def at(minutes: float) -> Happening:
    return Happening.at_desk(MOMENT + timedelta(minutes=minutes), new_id())


def line(client: FlaskClient, address: str, person: object) -> str:
    page = sign_in(client, person).get(address, headers={"Accept-Language": "en"})
    assert page.status_code == 200
    return " ".join(page.text.split('id="timeline"')[1].split("</section>")[0].split())


def test_edits_of_the_office_stand_before_and_after_in_words(client: FlaskClient, cast: Cast) -> None:
    case = a_case(a_site(a_customer(cast.store)))
    plan = actions.JobPlan(type="repair", brief="地板起拱", planned_minutes=60, visit_on=MOMENT.date(),
                           window_start_at=MOMENT, window_end_at=MOMENT + timedelta(minutes=90),
                           amount_fen=18000)  # fmt: skip
    site = a_job(cast.store, case=case).site
    made = actions.create_job(plan, number="P-7", case=case, site=site, by=cast.dispatcher, at=MOMENT)
    db.session.commit()
    by = {"by": cast.dispatcher}
    actions.assign_job(made, cast.technician, expected_version=made.version, at=MOMENT + timedelta(minutes=1), **by)
    db.session.commit()
    other = actions.JobPlan(**{**vars(plan), "brief": "踢脚线松动", "amount_fen": None, "special_needs": ("pets",)})
    actions.edit_job(made, other, product=None, expected_version=made.version, at=MOMENT + timedelta(minutes=2), **by)
    db.session.commit()
    actions.move_job(made, MOMENT.date() + timedelta(days=1), None, None, expected_version=made.version,
                     at=MOMENT + timedelta(minutes=3), **by)  # fmt: skip
    db.session.commit()
    actions.cancel_job(made, "客户改期", expected_version=made.version, at=MOMENT + timedelta(minutes=4), **by)
    db.session.commit()
    text = line(client, f"/jobs/{made.id}", cast.dispatcher)
    for label, before, after in (
        ("Lead technician", "nobody", "王建国"), ("Task", "地板起拱", "踢脚线松动"), ("To collect", "¥180", "nothing"),
        ("Special needs", "nothing", "Pets"), ("Day", "Sat 21 Nov", "Sun 22 Nov"), ("Window", "10:00–11:30", "nothing"),
    ):  # fmt: skip
        said = f'<dt>{label}</dt><dd><del>{before}</del> <span aria-hidden="true">→</span> <ins>{after}</ins></dd>'
        assert said in text, label
    assert "Planned minutes" not in text, "what was not changed is not said"
    assert '<p class="voice lines">客户改期</p>' in text
    assert text.index("Cancelled the job") < text.index("Changed day or window") < text.index("Entered the job")


def test_a_new_lead_begins_anew_and_what_was_done_before_is_marked(client: FlaskClient, cast: Cast, job: Job) -> None:
    actions.take_step(job, actions.StepGiven("accept"), by=cast.technician, when=at(1))
    db.session.commit()
    later = MOMENT + timedelta(minutes=2)
    actions.assign_job(job, cast.second_technician, expected_version=job.version, by=cast.dispatcher, at=later)
    db.session.commit()
    text = line(client, f"/jobs/{job.id}", cast.dispatcher)
    assert "The visit begins anew with the new lead" in text
    assert "of an earlier crew" in text.split("Changed who goes")[1]


def test_a_visit_from_a_phone_with_its_times(client: FlaskClient, cast: Cast, job: Job) -> None:
    """Device time where it differs, the uncertainty, when it reached us; a step taken back; work that was set aside."""
    phone = Phone(sign_in(client, cast.technician))
    with clock.frozen(MOMENT + timedelta(hours=2)):
        wrong = to_ms(clock.now()) - 2 * 3_600_000  # two hours slow

        def op(kind: str, minute: int, **args: object) -> str:
            return str(phone.op(kind, job.id, occurred_at=wrong + (minute - 60) * 60_000, **args)["id"])

        op("take_step", 0, step="accept")
        depart = op("take_step", 10, step="depart")
        op("take_back_step", 12, step_id=depart, reason="点错了")
        op("take_step", 14, step="finish")
        phone.sync(now=wrong)
    text = line(client, f"/jobs/{job.id}", cast.dispatcher)
    assert "clock said 21 Nov 09:00" in text
    assert "Time ± 7200 s" in text
    assert "Reached the server 21 Nov 12:00" in text, "an hour on the phone alone"
    assert "<s>Departed</s>" in text
    assert "点错了" in text
    assert "set aside" in text
    assert "This step does not fit the state of the job." in text


def test_answers_photos_charges_incidents_and_calls(client: FlaskClient, cast: Cast) -> None:
    a_checklist("repair", CONTENT)
    job = a_job(cast.store, cast.technician, state="working", amount_fen=18000)
    photos = a_whole_visit(job, cast.technician)
    by = cast.technician
    visits.report_incident(job, "damage", "花瓶碰倒了", by=by, when=Happening.at_desk(clock.now(), new_id()))
    visits.state_charges(job, [{"text": "上门费", "quantity_milli": 1000, "unit": "次", "unit_price_fen": 8000,
                                "amount_fen": 8000}], by=by, when=Happening.at_desk(clock.now(), new_id()))  # fmt: skip
    actions.record_contact(job, "call", by=cast.technician, when=at(1))
    db.session.commit()
    text = line(client, f"/jobs/{job.id}", cast.dispatcher)
    for words in ("Answers: ", "Something was damaged", "花瓶碰倒了", "Stated what is to be paid: ¥80", "上门费",
                  "Called the customer", "came in late", "taken again or removed"):  # fmt: skip
        assert words in text, words
    assert f'href="#photo-{photos["before"].id}"' in text
    assert f"/api/blobs/{photos['before'].sha256}?as=thumb" in text
    assert f"/api/blobs/{photos['waiting'].sha256}" not in text, "what has not come is not asked for"


def test_an_answer_that_was_given_again_says_so(client: FlaskClient, cast: Cast) -> None:
    version = a_checklist("repair", CONTENT)
    job = a_job(cast.store, cast.technician, state="working")
    item = next(one for one in version.content["items"] if one["type"] == "number" and one["phase"] != "base")
    answer(job, version.id, item["key"], {"milli": 6800}, by=cast.technician)
    answer(job, version.id, item["key"], None, by=cast.technician)
    text = line(client, f"/jobs/{job.id}", cast.dispatcher)
    assert "6.8" in text
    assert "answered again since" in text
    assert "taken back" in text


def test_signatures_stand_with_what_they_are_worth(client: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician, state="working", amount_fen=18000)
    take_photos(job, cast.technician)
    register_key(cast.technician)
    signed_on(job, cast.technician, queued={"signer.name": "李四"})
    row = signed_on(job, cast.technician, work={}, revision=2)
    text = line(client, f"/jobs/{job.id}", cast.dispatcher)
    assert "Sign-off: Signed by the customer" in text
    assert "张伟 (the customer)" in text
    assert "Attitude 5" in text
    assert "Does not count" in text
    assert "something in it was changed after signing" in text
    assert f'href="#sheet-{row.id}"' in text


def test_what_the_customer_said_by_link(client: FlaskClient, cast: Cast, job: Job) -> None:
    given = {"case_id": job.case_id, "said_at": MOMENT, "words": "师傅很准时", "kind": "rating", "attitude": 5}
    db.session.add(CustomerWord(job_id=job.id, **given))
    db.session.add(CustomerWord(**given | {"kind": "complaint", "words": "一直没人回电", "attitude": None},
                                answer_by_at=MOMENT + timedelta(hours=3)))  # fmt: skip
    db.session.commit()
    text = line(client, f"/jobs/{job.id}", cast.dispatcher)
    assert "师傅很准时" in text
    assert "the customer, by link" in text
    assert "一直没人回电" not in text
    text = line(client, f"/cases/{job.case_id}", cast.dispatcher)
    assert "一直没人回电" in text
    assert "waits for an answer" in text
    assert "Answer promised by" in text


def test_a_case_tells_of_all_its_visits_and_is_narrowed(client: FlaskClient, cast: Cast, job: Job) -> None:
    actions.add_office_note(job, "第一次上门", by=cast.dispatcher, at=MOMENT)
    second = a_job(cast.store, cast.technician, site=job.site, case=job.case, brief="复修",
                   start_at=MOMENT + timedelta(days=3))  # fmt: skip
    actions.add_office_note(second, "第二次上门", by=cast.dispatcher, at=MOMENT + timedelta(days=1))
    actions.take_step(second, actions.StepGiven("accept"), by=cast.technician, when=at(1500))
    db.session.commit()
    address = f"/cases/{job.case_id}"
    text = line(client, address, cast.quality)
    assert text.index("第二次上门") < text.index("第一次上门")
    assert f'href="/jobs/{second.id}"' in text
    only = line(client, f"{address}?visit={job.id}", cast.quality)
    assert "第一次上门" in only
    assert "第二次上门" not in only
    steps = line(client, f"{address}?kind=step", cast.quality)
    assert "Accepted" in steps
    assert "第二次上门" not in steps
    odd = line(client, f"{address}?kind=nonsense&visit={new_id()}&moments=0", cast.quality)
    assert "第二次上门" in odd, "what does not exist narrows nothing"


def test_another_branch_sees_none_of_it(client: FlaskClient, cast: Cast, job: Job) -> None:
    outsider = sign_in(client, cast.outsider)
    for address in (f"/jobs/{job.id}", f"/jobs/{job.id}/timeline", f"/cases/{job.case_id}"):
        assert outsider.get(address).status_code == 404, address
    technician = sign_in(client, cast.technician)
    assert technician.get(f"/jobs/{job.id}/timeline").status_code == 403
    client.delete_cookie("__Host-session")
    assert client.get(f"/jobs/{job.id}/timeline", headers={"HX-Request": "true"}).status_code in (303, 401, 403, 404)


def test_the_line_alone_is_asked_for_when_something_changed(client: FlaskClient, cast: Cast, job: Job) -> None:
    desk, htmx = sign_in(client, cast.dispatcher), {"HX-Request": "true"}
    actions.add_office_note(job, "带梯子", by=cast.dispatcher, at=MOMENT)
    db.session.commit()
    page = desk.get(f"/jobs/{job.id}?kind=note").text
    address = re.search(r'hx-get="(/jobs/[^"]*/timeline[^"]*)"', page)[1].replace("&amp;", "&")
    assert desk.get(address, headers=htmx).status_code == 204
    actions.add_office_note(job, "带湿度计", by=cast.dispatcher, at=MOMENT)
    db.session.commit()
    part = desk.get(address, headers=htmx).text
    assert "带湿度计" in part
    assert "<html" not in part
    assert desk.get(f"/jobs/{job.id}/timeline").status_code == 302


def test_a_thousand_moments_come_a_hundred_at_a_time_and_fast(client: FlaskClient, cast: Cast, job: Job) -> None:
    actions.add_office_note(job, "带梯子", by=cast.dispatcher, at=MOMENT)
    counted(client, cast, job)
    few = counted(client, cast, job)
    for number in range(1000):
        when = at(number)
        db.session.add(JobNote(id=when.op_id, job_id=job.id, by_id=cast.technician.id, text=f"第 {number} 条",
                               **when.columns()))  # fmt: skip
        db.session.add(LogEntry(id=when.op_id, origin="phone", device_id=None, person_id=cast.technician.id,
                                kind="add_note", entity_type="job", entity_id=job.id, body='{"args":{}}',
                                result="applied", happened_at=when.at, received_at=when.at))  # fmt: skip
    db.session.commit()
    counted(client, cast, job)  # the rail counts anew after a change
    assert counted(client, cast, job) <= few, "as many questions for a thousand as for one"
    text = line(client, f"/cases/{job.case_id}", cast.dispatcher)
    assert text.count('id="moment-') == 100
    assert "第 999 条" in text
    assert "第 899 条" not in text
    assert "Show more" in text
    began = time.perf_counter()
    everything = line(client, f"/cases/{job.case_id}?moments=100000", cast.dispatcher)
    assert time.perf_counter() - began < 3
    assert "第 0 条" in everything
    assert "Show more" not in everything


def counted(client: FlaskClient, cast: Cast, job: Job) -> int:
    """Questions asked of the database for the page of the case."""
    sign_in(client, cast.dispatcher)
    with counting() as statements:
        assert client.get(f"/cases/{job.case_id}").status_code == 200
    return len(statements)


@contextmanager
def counting() -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        found.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


class TestStanding:
    """The sentence at the head of a case."""

    def said(self, client: FlaskClient, cast: Cast, case_id: str) -> str:
        with clock.frozen(MOMENT - timedelta(minutes=5)):
            page = sign_in(client, cast.service_desk).get(f"/cases/{case_id}", headers={"Accept-Language": "en"}).text
        return re.search(r'<h3 id="standing">([^<]*)', page)[1]

    @pytest.mark.parametrize(
        ("state", "days", "words"),
        [("assigned", 0, "Next visit"), ("working", 0, "A visit is under way"), ("finished", -1, "The work is done"),
         ("absent", -1, "The visit has to be made again"), ("cancelled", 0, "All visits were cancelled"),
         ("accepted", -1, "The visit is overdue")],
    )  # fmt: skip
    def test_it_says_what_comes_next(self, client: FlaskClient, cast: Cast, state: str, days: int, words: str) -> None:
        assert state in rules.STATES
        job = a_job(cast.store, cast.technician, state=state, start_at=MOMENT + timedelta(days=days))
        assert self.said(client, cast, job.case_id) == words

    def test_nobody_goes_yet_and_no_day_and_no_visit(self, client: FlaskClient, cast: Cast) -> None:
        assert self.said(client, cast, a_job(cast.store).case_id) == "Next visit: nobody goes yet"
        job = a_job(cast.store, start_at=None)
        job.visit_on = None
        assert self.said(client, cast, job.case_id) == "A visit without a day"
        case = a_case(a_site(a_customer(cast.store)))
        assert self.said(client, cast, case.id) == "No visit yet"
