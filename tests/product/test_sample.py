"""The sample data: once, and each later day that day's jobs; the passwords until each is changed."""

import json
import stat
from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.core import clock
from fieldservice.core.i18n import local
from fieldservice.core.oplog import LogEntry
from fieldservice.core.passwords import hash_password, is_password
from fieldservice.customers.models import Customer
from fieldservice.jobs.models import Job


def load(runner):
    done = runner.invoke(args=["sample", "load"])
    assert done.exit_code == 0, done.output
    return done.output


def count(session, kind):
    return session.scalar(sa.select(sa.func.count(kind.id)))


@pytest.fixture
def sample(runner, session):
    load(runner)
    return session


def test_a_store_with_ten_people_in_all_roles_and_thirty_jobs(sample):
    people = sample.scalars(sa.select(Person)).all()
    assert len(people) == 10
    roles = {role for person in people for role in person.roles}
    assert len(roles) == 8
    today = local(clock.now(), "Asia/Shanghai").date()
    jobs = sample.scalars(sa.select(Job).where(Job.visit_on >= today)).unique().all()
    assert len(jobs) == 30
    assert {job.state for job in jobs} >= {"unassigned", "assigned", "accepted", "en_route", "arrived", "working",
                                           "finished", "unfinished", "absent", "cancelled"}  # fmt: skip
    late = [job for job in jobs if job.state in ("assigned", "accepted") and job.window_start_at
            and job.window_start_at < clock.now()]  # fmt: skip
    assert late
    assert any(job.amount_fen for job in jobs)


def test_earlier_visits_at_five_sites(sample):
    today = local(clock.now(), "Asia/Shanghai").date()
    assert sample.scalar(sa.select(sa.func.count(sa.distinct(Job.site_id))).where(Job.visit_on < today)) == 5


def test_everything_stands_in_the_log(sample):
    logged = set(sample.scalars(sa.select(LogEntry.entity_id).filter_by(kind="office.create_job")))
    assert logged == set(sample.scalars(sa.select(Job.id)))


def test_loaded_again_it_adds_nothing(sample, runner):
    before = count(sample, Job), count(sample, Person), count(sample, Customer)
    assert "0" in load(runner)
    assert (count(sample, Job), count(sample, Person), count(sample, Customer)) == before


def test_on_a_later_day_it_adds_that_days_jobs(sample, runner):
    before, people = count(sample, Job), count(sample, Person)
    later = clock.now() + timedelta(days=3)
    with clock.frozen(later):
        load(runner)
    added = count(sample, Job) - before
    assert (added, count(sample, Person)) == (30, people)
    on = local(later, "Asia/Shanghai").date()
    assert sample.scalar(sa.select(sa.func.count(Job.id)).where(Job.visit_on == on)) >= 20


@pytest.mark.parametrize("hour", [0, 5, 12, 19, 23])
def test_at_any_hour_the_days_jobs_are_todays(runner, session, hour):
    moment = local(clock.now(), "Asia/Shanghai").replace(hour=hour, minute=40, second=0, microsecond=0)
    with clock.frozen(moment):
        load(runner)
        days = set(session.scalars(sa.select(Job.visit_on).where(Job.visit_on >= moment.date())))
    assert days == {moment.date() + timedelta(days=ahead) for ahead in range(3)}


class TestPasswords:
    def table(self, runner, *more):
        done = runner.invoke(args=["sample", "passwords", *more])
        assert done.exit_code == 0, done.output
        return done.output

    def test_each_person_gets_in_with_the_password_shown(self, sample, runner, data_dir):
        table = self.table(runner)
        kept = json.loads((data_dir / "passwords.json").read_text())
        for person in sample.scalars(sa.select(Person)):
            assert is_password(kept[person.staff_no], person.password_hash)
            assert kept[person.staff_no] in table
        assert len(set(kept.values())) == 10

    def test_nobody_else_on_the_machine_can_read_them(self, sample, data_dir):
        assert stat.S_IMODE((data_dir / "passwords.json").stat().st_mode) == 0o600

    def test_a_changed_one_is_forgotten(self, sample, runner, data_dir):
        person = sample.scalars(sa.select(Person).filter_by(staff_no="0217")).one()
        was = json.loads((data_dir / "passwords.json").read_text())["0217"]
        person.password_hash = hash_password("own words, nobody knows")
        sample.commit()
        assert was not in self.table(runner)
        assert was not in (data_dir / "passwords.json").read_text()

    def test_all_can_be_renewed(self, sample, runner, data_dir):
        before = json.loads((data_dir / "passwords.json").read_text())
        self.table(runner, "--renew")
        after = json.loads((data_dir / "passwords.json").read_text())
        assert not set(before.values()) & set(after.values())

    def test_one_can_be_set_for_all(self, app, runner, session, data_dir):
        app.config["SAMPLE_PASSWORD"] = "one for all here"
        load(runner)
        assert set(json.loads((data_dir / "passwords.json").read_text()).values()) == {"one for all here"}

    def test_without_sample_people_it_says_so(self, session, runner):
        assert "sample load" in self.table(runner)
