"""Proposals: asked for, worked out by the worker, taken over by the same acts as by hand, taken back."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fieldservice.core import clock, queue
from fieldservice.core.db import db
from fieldservice.core.oplog import log_of
from fieldservice.dispatch import proposal_actions, proposal_queries, proposing, tasks
from fieldservice.dispatch.models import Proposal, ProposalLine
from fieldservice.dispatch.proposal_words import Names, reason_of_unplaced
from fieldservice.dispatch.rules import LEVELS, WISHES
from fieldservice.jobs import actions as job_actions
from fieldservice.jobs.models import Job
from fieldservice.people.models import BranchPlanning, ShiftChange
from fieldservice.routing import planner
from fieldservice.routing.reasons import CODES
from tests.builders import a_customer, a_job, a_site
from tests.cast import Cast, sign_in
from tests.support.html import form_token, text_of

EN = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answer alone, which needs nothing compiled."""
    monkeypatch.setattr(planner, "make_ready", lambda: False)
    for name in ("fill", "replan", "full"):
        monkeypatch.setattr(planner, name, lambda day, weights, **_given: planner.first_answer(day, weights))
    monkeypatch.setattr(proposing, "TELL_SECONDS", 0.01)


@pytest.fixture
def dispatcher(client: FlaskClient, cast: Cast) -> FlaskClient:
    db.session.add(BranchPlanning(
        branch_id=cast.store.id, weekdays=list(range(7)), start_minute=480, end_minute=1080, lunch_earliest=690,
        lunch_latest=810, lunch_minutes=45, lat=39.99, lng=116.47))  # fmt: skip
    db.session.commit()
    return sign_in(client, cast.dispatcher)


@pytest.fixture
def day() -> date:
    """Some days on, on the branch's clock."""
    return (clock.now() + timedelta(hours=8)).date() + timedelta(days=3)


@pytest.fixture
def hour(day: date) -> Callable[[float], datetime]:
    """A moment of that day."""
    return lambda hours: datetime.combine(day, time(), UTC) + timedelta(hours=hours - 8)


def ask(client: FlaskClient, day: date, mode: str = "fill", **form: Any) -> str:
    """Asks for a proposal of the day; its id."""
    page = client.get(f"/day/proposals?day={day}")
    answer = client.post(f"/day/proposals?day={day}", data={
        "csrf_token": form_token(page.text), "mode": mode, "with_undated": "1", **form})  # fmt: skip
    assert answer.status_code == 303, answer.text
    return str(answer.location.rsplit("/", 1)[-1])


def post(client: FlaskClient, proposal_id: str, act: str, **form: Any) -> Any:
    token = form_token(client.get("/day/proposals").text)
    return client.post(f"/day/proposals/{proposal_id}/{act}", data={"csrf_token": token, **form}, headers=EN)


def words(client: FlaskClient, proposal_id: str, language: str = "en") -> str:
    return text_of(client.get(f"/day/proposals/{proposal_id}", headers={"Accept-Language": language}).text)


def of(proposal_id: str) -> Proposal:
    return db.session.get_one(Proposal, proposal_id, populate_existing=True)


def lines(proposal_id: str) -> dict[str, ProposalLine]:
    found = db.session.scalars(sa.select(ProposalLine).filter_by(proposal_id=proposal_id))
    return {line.job_id: line for line in found.all()}


def job_now(job: Job) -> Job:
    return db.session.get_one(Job, job.id, populate_existing=True)


def test_a_day_is_filled_accepted_by_line_and_as_a_whole_and_taken_back(
    dispatcher: FlaskClient, cast: Cast, day: date, hour: Callable[[float], datetime]
) -> None:
    promised = a_job(cast.store, start_at=hour(9), is_promised=True)
    undated = a_job(cast.store, start_at=None, visit_on=None)
    a_job(cast.store, cast.technician, start_at=hour(14))
    proposal_id = ask(dispatcher, day)
    found = lines(proposal_id)
    assert set(found) == {promised.id, undated.id}, "who has something keeps it"
    page = words(dispatcher, proposal_id)
    assert "Agreed: 09:00–10:30." in page
    assert "Had no day yet." in page
    assert "3 of 3 now 1" in page
    assert "已约 09:00–10:30" in words(dispatcher, proposal_id, "zh-CN")
    assert job_now(promised).lead_id is None, "nothing is changed before somebody says so"

    answer = post(dispatcher, proposal_id, "accept", line=found[promised.id].number)
    assert answer.status_code == 303
    job = job_now(promised)
    assert job.lead_id in (cast.technician.id, cast.second_technician.id)
    assert job.planned_start_at == lines(proposal_id)[promised.id].to_start_at
    assert (job.window_start_at, job.window_end_at, job.is_promised) == (hour(9), hour(10.5), True)
    assert {entry.kind for entry in log_of("job", promised.id)} == {"office.assign_job", "office.plan_start"}
    assert job_now(undated).lead_id is None
    versions = job.version
    post(dispatcher, proposal_id, "accept", what="all")
    assert job_now(promised).version == versions, "accepted twice changes nothing twice"
    assert (job_now(undated).visit_on, job_now(undated).lead_id) == (day, lines(proposal_id)[undated.id].to_lead_id)
    assert [entry.kind for entry in log_of("proposal", proposal_id)] == [
        "office.ask_proposal", "office.accept_proposal", "office.accept_proposal"]

    post(dispatcher, proposal_id, "undo")
    for one in (promised, undated):
        assert (job_now(one).lead_id, job_now(one).state, job_now(one).planned_start_at) == (None, "unassigned", None)
    assert job_now(undated).visit_on is None
    assert "Taken back." in words(dispatcher, proposal_id)
    post(dispatcher, proposal_id, "undo")
    assert len(log_of("proposal", proposal_id)) == 4, "nothing was left to take back"


def test_lines_that_grew_old_are_refused_one_by_one_and_the_rest_is_done(
    dispatcher: FlaskClient, cast: Cast, day: date, hour: Callable[[float], datetime]
) -> None:
    jobs = [a_job(cast.store, start_at=hour(at)) for at in (9, 11, 14)]
    proposal_id = ask(dispatcher, day)
    moved = job_now(jobs[1])
    job_actions.move_job(moved, day, hour(15), hour(16), expected_version=moved.version, by=cast.dispatcher,
                         at=clock.now())
    db.session.commit()
    assert "The visit was changed since" in words(dispatcher, proposal_id)
    db.session.add(ShiftChange(person_id=lines(proposal_id)[jobs[2].id].to_lead_id, on_day=day, kind="sick",
                               made_at=clock.now()))  # fmt: skip
    answer = post(dispatcher, proposal_id, "accept", what="all")
    assert [job_now(job).state for job in jobs][1:] == ["unassigned", "unassigned"]
    page = text_of(dispatcher.get(answer.location, headers=EN).text)
    assert "Not accepted:" in page
    assert "The visit was changed since the proposal was made." in page
    assert "Is not there any more: is sick." in page
    assert "这位师傅不在了：病假。" in words(dispatcher, proposal_id, "zh-CN")


@pytest.mark.one_database
def test_a_line_that_needs_another_is_not_done_alone(
    dispatcher: FlaskClient, cast: Cast, day: date, hour: Callable[[float], datetime]
) -> None:
    first, second = (a_job(cast.store, start_at=hour(9)) for _ in range(2))
    proposal_id = ask(dispatcher, day)
    found = lines(proposal_id)
    one, other = found[first.id], found[second.id]
    one.needs = [other.number]
    db.session.commit()
    assert f"Only together with line {other.number}." in words(dispatcher, proposal_id)
    post(dispatcher, proposal_id, "accept", line=one.number)
    assert job_now(first).lead_id is None
    assert f"Fits only together with line {other.number}. Tick both" in words(dispatcher, proposal_id)
    post(dispatcher, proposal_id, "accept", what="all")
    assert None not in (job_now(first).lead_id, job_now(second).lead_id)


@pytest.mark.one_database
def test_what_somebody_leaves_for_another_comes_together(
    dispatcher: FlaskClient, cast: Cast, day: date, hour: Callable[[float], datetime]
) -> None:
    """The sick technician's visits go to the other one, whose own stay."""
    own = a_job(cast.store, cast.second_technician, start_at=hour(9))
    sick = a_job(cast.store, cast.technician, start_at=hour(13))
    bound = a_job(cast.store, cast.technician, start_at=hour(15), pinned_lead=True)
    db.session.add(ShiftChange(person_id=cast.technician.id, on_day=day, kind="sick", made_at=clock.now()))
    proposal_id = ask(dispatcher, day, "replan")
    assert set(lines(proposal_id)) == {sick.id}
    page = words(dispatcher, proposal_id)
    assert "王建国 is sick." in page
    assert "The customer asked for 王建国, who is sick." in page
    assert "客户指定王建国，但他病假" in words(dispatcher, proposal_id, "zh-CN")
    post(dispatcher, proposal_id, "accept", what="all")
    assert [job_now(job).lead_id for job in (own, sick, bound)] == [
        cast.second_technician.id, cast.second_technician.id, cast.technician.id]


@pytest.mark.one_database
def test_nobody_else_sees_or_touches_it(
    dispatcher: FlaskClient, app: Flask, cast: Cast, day: date, hour: Callable[[float], datetime]
) -> None:
    job = a_job(cast.store, start_at=hour(9))
    proposal_id = ask(dispatcher, day)
    outsider, desk = sign_in(app.test_client(), cast.outsider), sign_in(app.test_client(), cast.service_desk)
    token = form_token(outsider.get("/day").text)
    assert outsider.get(f"/day/proposals/{proposal_id}").status_code == 404
    for what in ("accept", "stop", "undo"):
        answer = outsider.post(f"/day/proposals/{proposal_id}/{what}", data={"csrf_token": token, "what": "all"})
        assert answer.status_code == 404
    assert outsider.post(f"/day/proposals?day={day}", data={
        "csrf_token": token, "mode": "fill", "branch_id": cast.store.id}).status_code == 404  # fmt: skip
    assert desk.get("/day/proposals").status_code == 403
    assert desk.get(f"/day/proposals/{proposal_id}").status_code == 403
    assert job_now(job).lead_id is None
    manager = sign_in(app.test_client(), cast.head_office_manager)
    assert manager.get(f"/day/proposals/{proposal_id}").status_code == 200


def test_one_at_a_time_for_a_day(
    dispatcher: FlaskClient, cast: Cast, day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "later", lambda *_args: None)
    first = ask(dispatcher, day, punctuality="3", mode="full")
    assert ask(dispatcher, day) == first
    real, calls = proposal_queries.under_way, []

    def looked_too_early(*args: Any) -> Any:
        calls.append(args)
        return None if len(calls) == 1 else real(*args)

    monkeypatch.setattr(proposal_queries, "under_way", looked_too_early)
    page = form_token(dispatcher.get("/day").text)
    answer = dispatcher.post(f"/day/proposals?day={day}", data={"csrf_token": page, "mode": "fill"})
    assert answer.location.endswith(first), "the database refuses a second one"
    monkeypatch.setattr(proposal_queries, "under_way", real)
    assert post(dispatcher, first, "stop").status_code == 303
    assert of(first).state == "cancelled"
    assert post(dispatcher, first, "stop").status_code == 422
    assert "Called off" in words(dispatcher, first)
    tasks.make_proposal(first)
    assert of(first).state == "cancelled", "a task that comes late does nothing"
    assert ask(dispatcher, day) != first


@pytest.mark.one_database
def test_calling_off_stops_the_worker(
    dispatcher: FlaskClient, app: Flask, cast: Cast, day: date, hour: Callable[[float], datetime],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_job(cast.store, start_at=hour(9))
    ended = threading.Event()

    def endless(_day: Any, _weights: Any, *, on_progress: Any, is_cancelled: Any, **_given: Any) -> None:
        on_progress(0.4, 1)
        with app.app_context():
            found = db.session.scalars(sa.select(Proposal)).one()
            proposal_actions.call_off(found, by=found.asked_by, at=clock.now())
            db.session.commit()
        while not is_cancelled():
            ended.wait(0.005)
        ended.set()
        raise planner.Cancelled

    monkeypatch.setattr(planner, "fill", endless)
    proposal_id = ask(dispatcher, day)
    assert ended.is_set()
    assert (of(proposal_id).state, lines(proposal_id)) == ("cancelled", {})


@pytest.mark.one_database
def test_a_proposal_waits_while_the_search_is_being_compiled_and_says_so(
    dispatcher: FlaskClient, app: Flask, cast: Cast, day: date, hour: Callable[[float], datetime],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_job(cast.store, start_at=hour(9))
    seen, boards, came = [], [], []

    def compiling() -> bool:
        if not came:
            came.append("")
        elif len(came) == 1:
            with app.app_context():
                found = db.session.scalars(sa.select(Proposal)).one()
                proposal_id = found.id
                came.append(a_job(found.branch, start_at=hour(11)).id)
                db.session.commit()
                for language in ("en", "zh-CN"):
                    seen.append(words(dispatcher, proposal_id, language))
                boards.append(text_of(dispatcher.get(f"/board?day={day}", headers=EN).text))
        else:
            return False
        return True

    monkeypatch.setattr(planner, "make_ready", compiling)
    proposal_id = ask(dispatcher, day)
    english, chinese = seen
    assert english.count("The search is being got ready") == 2, "in its state and over the bar"
    assert "on a busy machine more than a minute" in english
    assert "The day is being worked out" not in english
    assert "正在准备计算程序" in chinese
    assert "Proposal: The search is being got ready" in boards[0]
    assert came[1] in lines(proposal_id), "what came meanwhile is planned with"
    assert (of(proposal_id).state, of(proposal_id).is_getting_ready) == ("done", False)
    assert "got ready" not in words(dispatcher, proposal_id)


@pytest.mark.one_database
def test_a_proposal_called_off_while_the_search_is_compiled_is_not_worked_out(
    dispatcher: FlaskClient, app: Flask, cast: Cast, day: date, hour: Callable[[float], datetime],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_job(cast.store, start_at=hour(9))
    worked = []

    def called_off() -> bool:
        with app.app_context():
            found = db.session.scalars(sa.select(Proposal)).one()
            if found.is_under_way:
                proposal_actions.call_off(found, by=found.asked_by, at=clock.now())
                db.session.commit()
        return True

    monkeypatch.setattr(planner, "make_ready", called_off)
    monkeypatch.setattr(planner, "fill", lambda *_args, **_given: worked.append(1))
    proposal_id = ask(dispatcher, day)
    assert (of(proposal_id).state, worked) == ("cancelled", [])


@pytest.mark.one_database
def test_a_proposal_does_not_wait_for_ever_for_a_compiler_that_hangs(
    dispatcher: FlaskClient, cast: Cast, day: date, hour: Callable[[float], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = a_job(cast.store, start_at=hour(9))
    monkeypatch.setattr(planner, "make_ready", lambda: True)
    monkeypatch.setattr(proposing, "READY_SECONDS", 0.05)
    proposal_id = ask(dispatcher, day)
    assert (of(proposal_id).state, set(lines(proposal_id))) == ("done", {job.id})


@pytest.mark.one_database
def test_who_asks_hears_whether_the_search_is_ready(
    dispatcher: FlaskClient, day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    for is_ready in (False, True):
        monkeypatch.setattr(planner, "is_ready", lambda is_ready=is_ready: is_ready)
        page = text_of(dispatcher.get(f"/day/proposals?day={day}", headers=EN).text)
        assert ("this first one takes longer" in page) is not is_ready


def test_what_a_killed_worker_left_is_taken_up_and_given_up_after_some_times(
    dispatcher: FlaskClient, cast: Cast, day: date, hour: Callable[[float], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    a_job(cast.store, start_at=hour(9))
    put = []
    monkeypatch.setattr(queue, "later", lambda function, *args: put.append((function, args)))
    proposal_id = ask(dispatcher, day)
    assert put == [(tasks.make_proposal, (proposal_id,))]
    assert proposing._begin(proposal_id) is not None
    assert proposing._begin(proposal_id) is None, "two workers do not do it at once"
    put.clear()
    tasks.find_forgotten_proposals()
    assert put == [], "somebody is at it"
    of(proposal_id).touched_at = clock.now() - timedelta(minutes=5)
    db.session.commit()
    tasks.find_forgotten_proposals()
    assert put == [(tasks.make_proposal, (proposal_id,))]
    proposing.make(proposal_id)
    assert (of(proposal_id).state, of(proposal_id).tries) == ("done", 2)

    second = ask(dispatcher, day)
    assert of(proposal_id).state == "outdated"
    assert post(dispatcher, proposal_id, "accept", what="all").status_code == 422
    row = of(second)
    row.state, row.tries, row.touched_at = "working", proposing.MOST_TRIES, clock.now() - timedelta(minutes=5)
    db.session.commit()
    tasks.find_forgotten_proposals()
    assert of(second).state == "failed"
    assert "The background worker ended several times" in words(dispatcher, second)


@pytest.mark.one_database
def test_a_planner_that_fails_says_so_and_changes_nothing(
    dispatcher: FlaskClient, cast: Cast, day: date, hour: Callable[[float], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = a_job(cast.store, start_at=hour(9))

    def broken(*_args: Any, **_given: Any) -> None:
        raise ValueError("no such day")

    monkeypatch.setattr(planner, "fill", broken)
    proposal_id = ask(dispatcher, day)
    assert of(proposal_id).state == "failed"
    assert "could not be worked out. No visit was changed" in words(dispatcher, proposal_id)
    assert job_now(job).lead_id is None


@pytest.mark.one_database
def test_days_on_which_little_can_be_done_say_why(
    dispatcher: FlaskClient, cast: Cast, day: date, hour: Callable[[float], datetime]
) -> None:
    assert "There are no open visits on this day." in words(dispatcher, ask(dispatcher, day))
    nowhere = a_site(a_customer(cast.store), lat=None, lng=None, position_source="")
    a_job(cast.store, start_at=hour(9), site=nowhere)
    a_job(cast.store, start_at=hour(9), site=a_site(a_customer(cast.store), lat=38.9, lng=123.4))
    a_job(cast.store, start_at=hour(9), skills=["electrician"])
    a_job(cast.store, start_at=hour(9), planned_minutes=1200)
    page = words(dispatcher, ask(dispatcher, day))
    for sentence in ("has no position on the map yet", "lies in the sea or abroad", "Nobody who works that day has:",
                     "Takes longer than anybody's shift", "Nothing can be changed for the better"):  # fmt: skip
        assert sentence in page
    for person in (cast.technician, cast.second_technician):
        db.session.add(ShiftChange(person_id=person.id, on_day=day, kind="off", made_at=clock.now()))
    assert "Nobody works on this day." in words(dispatcher, ask(dispatcher, day))


@pytest.mark.one_database
def test_forms_that_nobody_sent_so(dispatcher: FlaskClient, cast: Cast, day: date) -> None:
    token = form_token(dispatcher.get("/day").text)
    yesterday = day - timedelta(days=10)
    answer = dispatcher.post(f"/day/proposals?day={yesterday}", data={"csrf_token": token, "mode": "fill"}, headers=EN)
    assert (answer.status_code, "This day has passed" in answer.text) == (422, True)
    assert dispatcher.post("/day/proposals", data={"csrf_token": token, "mode": "best"}).status_code == 400
    proposal_id = ask(dispatcher, day, travel="99", changes="-1", fairness="x")
    assert of(proposal_id).wishes == dict.fromkeys(WISHES, 1)
    for numbers in ([], ["x"], ["-1"], ["９"], ["9" * 30]):
        assert post(dispatcher, proposal_id, "accept", line=numbers).status_code == 422
    assert dispatcher.get("/day/proposals/nothing").status_code == 404


@pytest.mark.one_database
def test_wishes_are_remembered_and_weigh(dispatcher: FlaskClient, cast: Cast, day: date) -> None:
    proposal_id = ask(dispatcher, day, "replan", travel="3", punctuality="0")
    assert of(proposal_id).wishes == {"travel": 3, "changes": 1, "fairness": 1, "punctuality": 0}
    page = dispatcher.get(f"/day/proposals?day={day}", headers=EN).text
    assert re.search(r'value="replan" checked', page)
    assert re.search(r'id="wish-travel".*?value="3" selected', page, re.DOTALL)
    assert "Fewer kilometres: much more" in words(dispatcher, proposal_id)
    levels = [proposing.weights_of(dict.fromkeys(WISHES, level)) for level in LEVELS]
    for name in ("travel", "late", "fairness", "change_technician_minutes", "more_changes_minutes"):
        values = [getattr(one, name) for one in levels]
        assert values == sorted(set(values))


@pytest.mark.one_database
def test_every_reason_has_words_of_its_own(app: Flask) -> None:
    with app.test_request_context():
        said = {code: reason_of_unplaced(code, {}, None, Names()) for code in CODES}
    assert len(set(said.values())) == len(CODES), said


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    yield
    assert not [one for one in threading.enumerate() if one.name == "proposal"]


def test_what_finds_no_place_and_stays_with_somebody_counts_in_the_figures(
    dispatcher: FlaskClient, cast: Cast, day: date, hour: Callable[[float], datetime]
) -> None:
    """Two long visits at the same hour: one has no place in the plan, and nobody takes it from whoever has it."""
    db.session.add(ShiftChange(person_id=cast.second_technician.id, on_day=day, kind="sick", made_at=clock.now()))
    for _ in range(2):
        a_job(cast.store, cast.technician, start_at=hour(8), is_promised=True, planned_minutes=180)
    proposal_id = ask(dispatcher, day, "full")
    found = of(proposal_id)
    assert len(found.unplaced) == 1
    assert found.figures_after["served"] == found.figures_before["served"] == 2
    assert found.figures_after["late"] > 0, "the second of them begins hours after its window"
    assert "stays with" in words(dispatcher, proposal_id)


def test_a_day_without_visits_leads_back_to_the_board_and_shows_no_figures(dispatcher: FlaskClient, day: date) -> None:
    page = dispatcher.get(f"/day/proposals/{ask(dispatcher, day)}", headers=EN).text
    assert "There are no open visits on this day." in page
    assert "proposal-figures" not in page
    assert f'href="/board?day={day}">Look at the board' in page
