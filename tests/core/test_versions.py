"""The counter: every change of a synced row is numbered, in the order of the commits."""

import threading
from datetime import date

import pytest
import sqlalchemy as sa

from fieldservice.core import versions
from fieldservice.core.db import db, transaction_mode
from fieldservice.core.versions import EPOCH_STEP, Installation, UnversionedWrite
from fieldservice.customers.models import Customer
from fieldservice.jobs.actions import add_office_note
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import visit_numbers
from tests.builders import MOMENT, a_case, a_customer, a_job, a_product, a_site


def test_every_commit_takes_one_version_for_all_it_touched(cast, session):
    _epoch, before = versions.current()
    one, two = a_customer(cast.store), a_customer(cast.store)
    session.commit()
    assert one.version == two.version == before + 1 == versions.current()[1]


def test_a_commit_that_touches_nothing_synced_takes_none(cast, session):
    before = versions.current()
    session.execute(sa.text("SELECT 1"))
    session.commit()
    assert versions.current() == before


def test_a_version_tells_its_epoch(cast, session):
    assert versions.current() == (1, EPOCH_STEP + session.scalar(sa.select(Installation.counter)))


@pytest.mark.parametrize("part", ["customer", "site", "product", "case", "branch", "lead"])
def test_a_job_changes_with_everything_it_shows(cast, session, part):
    site = a_site(a_customer(cast.store))
    job = a_job(cast.store, cast.technician, site=site, product_id=a_product(site).id)
    before = job.version
    changed = {"customer": site.customer, "site": site, "product": job.product, "case": job.case,
               "branch": job.branch, "lead": job.lead}[part]  # fmt: skip
    field = {"customer": "phone", "site": "unit", "product": "batch", "case": "words"}.get(part, "phone")
    setattr(changed, field, "13700000001")
    session.commit()
    assert session.get(Job, job.id).version == versions.current()[1] > before


def test_a_job_changes_with_the_history_it_shows(cast, session):
    """A late note on an ended visit, or its corrected words, stand on the card of the next visit there."""
    site = a_site(a_customer(cast.store))
    past = a_job(cast.store, cast.technician, site=site, state="finished")
    coming = a_job(cast.store, cast.second_technician, site=site)
    other = a_job(cast.store, cast.technician, site=site, state="absent")
    for change in (
        lambda: setattr(past, "brief", "换了一块"),
        lambda: add_office_note(past, "门槛条没换", by=cast.dispatcher, at=MOMENT),
    ):
        before = coming.version
        change()
        session.commit()
        assert other.version == coming.version == past.version > before
    before = coming.version
    past.bring = "胶"
    session.commit()
    assert coming.version == before


def test_a_visit_elsewhere_under_the_same_case_counts(cast, session):
    customer = a_customer(cast.store)
    first = a_job(cast.store, cast.technician, site=a_site(customer))
    second = a_job(cast.store, cast.second_technician, site=a_site(customer), case=first.case)
    before = second.version
    first.cancelled_from, first.state = first.state, "cancelled"
    session.commit()
    assert second.version == first.version > before


def test_what_a_rolled_back_savepoint_had_before_it_is_still_numbered(cast, session):
    customer = a_customer(cast.store)
    session.commit()
    before = customer.version
    customer.remark = "算"
    session.flush()
    session.begin_nested().rollback()
    session.commit()
    assert customer.version == versions.current()[1] > before


def test_a_rolled_back_savepoint_leaves_the_rest_in_order(cast, session):
    customer = a_customer(cast.store)
    session.commit()
    part = session.begin_nested()
    customer.name = "不算"
    session.flush()
    part.rollback()
    customer.remark = "算"
    session.commit()
    assert (customer.name, customer.remark, customer.version) == ("张丽华", "算", versions.current()[1])


@pytest.mark.parametrize(
    "statement",
    [
        sa.update(Customer).values(name="x"),
        sa.delete(Customer),
        sa.text("UPDATE customer SET name = 'x'"),
        sa.text('  insert into "customer" (id) values (1)'),
        sa.insert(Customer).values(id="x"),
    ],
)
def test_a_synced_table_cannot_be_changed_past_the_counter(cast, session, statement):
    with pytest.raises(UnversionedWrite):
        session.execute(statement)
    session.rollback()


def test_a_page_that_only_reads_cannot_write(cast, session):
    session.commit()
    with pytest.raises(RuntimeError, match="only reads"), transaction_mode("read"):
        session.get(Customer, a_customer(cast.store).id)


def test_a_snapshot_sees_one_state_from_first_to_last(app, cast, session):
    customer_id = a_customer(cast.store).id
    session.commit()

    def change_elsewhere():
        with app.app_context():
            db.session.get(Customer, customer_id).name = "改了"
            db.session.commit()

    with transaction_mode("snapshot"):
        before = versions.current()
        other = threading.Thread(target=change_elsewhere)
        other.start()
        other.join()
        assert session.get(Customer, customer_id).name == "张丽华"
        assert versions.current() == before
    assert session.get(Customer, customer_id).name == "改了"


def test_slow_writers_side_by_side_lose_and_double_no_version(app, cast, session):
    """Whoever has read up to n has missed nothing below n: all versions are different and without a gap."""
    _epoch, before = versions.current()
    session.rollback()
    writers, rounds = 6, 5

    def write():
        for _ in range(rounds):
            with app.app_context():
                a_customer(db.session.merge(cast.store, load=False))
                db.session.commit()

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = sorted(session.scalars(sa.select(Customer.version)))
    assert found == list(range(before + 1, before + 1 + writers * rounds))


def test_an_earlier_day_given_to_one_visit_renumbers_the_other(cast, session):
    site = a_site(a_customer(cast.store))
    case = a_case(site)
    first = a_job(cast.store, cast.technician, site=site, case=case, visit_on=date(2026, 11, 23))
    second = a_job(cast.store, cast.technician, site=site, case=case, visit_on=date(2026, 11, 24))
    before = first.version
    second.visit_on = date(2026, 11, 22)
    session.commit()
    assert session.get(Job, first.id).version == session.get(Job, second.id).version > before
    assert [numbers[0] for numbers in visit_numbers([first, second]).values()] == [1, 2]
    assert visit_numbers([first, second])[second.id] == (1, 2)
