"""Changes of jobs by the office: versions, rules, the log."""

from datetime import timedelta

import pytest

from fieldservice.core import clock
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import log_of
from fieldservice.jobs import actions, rules
from fieldservice.jobs.actions import Happening, JobPlan, StepGiven
from fieldservice.jobs.models import Job
from tests.builders import MOMENT, a_case, a_customer, a_job, a_site


@pytest.fixture
def at():
    return clock.now()


def happening(at):
    return Happening(at=at, op_id=new_id())


def walk(job, person, at, *steps):
    for step in steps:
        actions.take_step(job, StepGiven(step=step), by=person, when=happening(at))


def plan(**given):
    return JobPlan(**{"type": "repair", "brief": "地板起拱", "planned_minutes": 30} | given)


class TestCreating:
    def test_a_job_with_a_lead_is_assigned_and_stands_in_the_log(self, cast, session, at):
        site = a_site(a_customer(cast.store))
        crew = {"lead": cast.technician, "helpers": [cast.second_technician]}
        job = actions.create_job(plan(amount_fen=18000), number="P-1", case=a_case(site), site=site, **crew,
                                 by=cast.dispatcher, at=at)  # fmt: skip
        session.commit()
        assert (job.state, job.branch_id, [h.name for h in job.helpers]) == ("assigned", cast.store.id, ["陈志强"])
        entry = log_of("job", job.id)[0]
        assert (entry.kind, entry.person_id, entry.version) == ("office.create_job", cast.dispatcher.id, job.version)
        assert '"amount_fen":18000' in entry.body

    def test_without_a_lead_it_waits_in_the_tray(self, cast, session, at):
        site = a_site(a_customer(cast.store))
        job = actions.create_job(plan(), number="P-1", case=a_case(site), site=site, by=cast.dispatcher, at=at)
        assert job.state == "unassigned"

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ({"window_start_at": MOMENT}, "window_order"),
            ({"window_start_at": MOMENT, "window_end_at": MOMENT}, "window_order"),
            ({"window_start_at": MOMENT, "window_end_at": MOMENT - timedelta(hours=1)}, "window_order"),
            ({"priority": "urgent"}, "priority_reason_missing"),
        ],
    )
    def test_a_plan_that_cannot_be_is_refused(self, cast, session, at, given, code):
        site = a_site(a_customer(cast.store))
        with pytest.raises(RuleBroken) as broken:
            actions.create_job(plan(**given), number="P-1", case=a_case(site), site=site, by=cast.dispatcher, at=at)
        assert broken.value.code == code


class TestAssigning:
    @pytest.mark.parametrize("who", ["dispatcher", "outside_technician"])
    def test_only_a_technician_of_the_branch_can_lead(self, cast, session, at, who):
        job = a_job(cast.store)
        with pytest.raises(RuleBroken, match="not_a_technician"):
            actions.assign_job(job, getattr(cast, who), expected_version=job.version, by=cast.dispatcher, at=at)

    def test_a_disabled_technician_cannot_help(self, cast, session, at):
        job = a_job(cast.store)
        cast.second_technician.is_active = False
        with pytest.raises(RuleBroken, match="not_a_technician"):
            actions.assign_job(job, cast.technician, [cast.second_technician], expected_version=job.version,
                               by=cast.dispatcher, at=at)  # fmt: skip

    def test_two_dispatchers_do_not_overwrite_each_other(self, cast, session, at):
        job = a_job(cast.store)
        seen = job.version
        actions.assign_job(job, cast.technician, expected_version=seen, by=cast.dispatcher, at=at)
        session.commit()
        with pytest.raises(Conflict, match="changed_meanwhile"):
            actions.assign_job(job, cast.second_technician, expected_version=seen, by=cast.branch_manager, at=at)
        assert job.lead_id == cast.technician.id

    def test_a_new_lead_starts_anew_and_the_old_steps_stay(self, cast, session, at):
        job = a_job(cast.store, cast.technician)
        walk(job, cast.technician, at, "accept", "depart")
        session.commit()
        actions.assign_job(job, cast.second_technician, expected_version=job.version, by=cast.dispatcher, at=at)
        assert (job.state, job.run, len(job.steps), job.run_steps) == ("assigned", 2, 2, [])

    def test_the_same_lead_keeps_the_progress(self, cast, session, at):
        job = a_job(cast.store, cast.technician)
        walk(job, cast.technician, at, "accept")
        session.commit()
        actions.assign_job(job, cast.technician, [cast.second_technician], expected_version=job.version,
                           by=cast.dispatcher, at=at)  # fmt: skip
        assert (job.state, job.run) == ("accepted", 1)

    def test_the_lead_is_not_also_a_helper(self, cast, session, at):
        job = a_job(cast.store)
        actions.assign_job(job, cast.technician, [cast.technician], expected_version=job.version, by=cast.dispatcher,
                           at=at)  # fmt: skip
        assert job.helpers == []

    def test_back_into_the_tray(self, cast, session, at):
        job = a_job(cast.store, cast.technician)
        actions.assign_job(job, None, expected_version=job.version, by=cast.dispatcher, at=at)
        session.commit()
        assert (job.state, job.lead_id) == ("unassigned", None)

    @pytest.mark.parametrize("state", ["finished", "unfinished", "absent"])
    def test_an_ended_job_is_not_assigned(self, cast, session, at, state):
        job = a_job(cast.store, cast.technician, state=state)
        with pytest.raises(RuleBroken, match="job_ended"):
            actions.assign_job(job, cast.second_technician, expected_version=job.version, by=cast.dispatcher, at=at)


class TestCancelling:
    def test_it_needs_a_reason_and_can_be_taken_back(self, cast, session, at):
        job = a_job(cast.store, cast.technician, state="en_route")
        with pytest.raises(RuleBroken, match="reason_missing"):
            actions.cancel_job(job, "  ", expected_version=job.version, by=cast.dispatcher, at=at)
        actions.cancel_job(job, "客户不修了", expected_version=job.version, by=cast.dispatcher, at=at)
        session.commit()
        assert (job.state, job.cancelled_from) == ("cancelled", "en_route")
        actions.restore_job(job, expected_version=job.version, by=cast.dispatcher, at=at)
        session.commit()
        assert (job.state, job.cancelled_from, job.cancel_reason) == ("en_route", None, "")

    def test_twice_is_refused(self, cast, session, at):
        job = a_job(cast.store, state="cancelled", cancelled_from="unassigned")
        with pytest.raises(RuleBroken, match="job_cancelled"):
            actions.cancel_job(job, "再来", expected_version=job.version, by=cast.dispatcher, at=at)

    def test_what_is_not_cancelled_cannot_be_restored(self, cast, session, at):
        job = a_job(cast.store)
        with pytest.raises(RuleBroken, match="not_cancelled"):
            actions.restore_job(job, expected_version=job.version, by=cast.dispatcher, at=at)


class TestLateWork:
    def test_the_authors_steps_go_on_where_they_had_left_off(self, cast, session, at):
        job = a_job(cast.store, cast.technician)
        walk(job, cast.technician, at, "accept", "depart")
        session.commit()
        actions.assign_job(job, cast.second_technician, expected_version=job.version, by=cast.dispatcher, at=at)
        session.commit()
        actions.accept_late_work(job, [], author=cast.technician, by=cast.dispatcher, at=at)
        walk(job, cast.technician, at, "arrive", "start", "finish")
        session.commit()
        assert (job.state, job.lead_id, job.run) == ("finished", cast.technician.id, 1)
        assert [step.step for step in job.run_steps] == ["accept", "depart", "arrive", "start", "finish"]

    def test_a_cancelled_job_comes_back(self, cast, session, at):
        job = a_job(cast.store, cast.technician, state="cancelled", cancelled_from="assigned", cancel_reason="x")
        actions.accept_late_work(job, [], author=cast.technician, by=cast.dispatcher, at=at)
        walk(job, cast.technician, at, "accept")
        session.commit()
        assert (job.state, job.cancelled_from, job.cancel_reason) == ("accepted", None, "")

    def test_who_has_begun_nothing_begins_anew(self, cast, session, at):
        job = a_job(cast.store, cast.second_technician)
        actions.accept_late_work(job, [], author=cast.technician, by=cast.dispatcher, at=at)
        session.commit()
        assert (job.state, job.lead_id, job.run) == ("assigned", cast.technician.id, 2)


def test_every_state_of_the_machine_can_be_stored(cast, session):
    for state in rules.STATES:
        lead = None if state == "unassigned" else cast.technician
        assert session.get(Job, a_job(cast.store, lead, state=state).id).state == state
