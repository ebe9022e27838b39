"""Numbers and cases."""

import threading
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy.orm import Session, scoped_session

from fieldservice.branches.models import Branch
from fieldservice.cases.actions import open_case, take_number
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.core.oplog import log_of
from tests.builders import a_customer
from tests.cast import Cast, a_cast

DAY = date(2026, 11, 21)


@pytest.fixture
def cast(session: scoped_session[Session]) -> Cast:
    return a_cast()


def test_numbers_run_by_branch_letter_and_day(cast: Cast) -> None:
    assert [take_number(cast.store, "F", DAY) for _ in range(3)][-1] == "BJ01-F261121-003"
    assert take_number(cast.store, "P", DAY) == "BJ01-P261121-001"
    assert take_number(cast.other_store, "F", DAY) == "SH01-F261121-001"
    assert take_number(cast.store, "F", date(2026, 11, 22)) == "BJ01-F261122-001"


def test_a_rolled_back_number_is_given_out_again(cast: Cast) -> None:
    take_number(cast.store, "F", DAY)
    db.session.rollback()
    assert take_number(cast.store, "F", DAY) == "BJ01-F261121-001"


def test_a_thousandth_number_is_longer_not_doubled(cast: Cast) -> None:
    for _ in range(999):
        take_number(cast.store, "F", DAY)
    assert take_number(cast.store, "F", DAY) == "BJ01-F261121-1000"


def test_two_at_once_never_get_the_same_number(app: Flask, cast: Cast) -> None:
    branch_id, taken = cast.store.id, []

    def take() -> None:
        with app.app_context():
            for _ in range(5):
                branch = db.session.get(Branch, branch_id)
                assert branch
                taken.append(take_number(branch, "F", DAY))
                db.session.commit()

    threads = [threading.Thread(target=take) for _ in range(4)]
    db.session.commit()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [f"BJ01-F261121-{number:03}" for number in range(1, 21)]


def test_a_case_is_numbered_by_the_day_of_its_branch(cast: Cast) -> None:
    late = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)  # in Shanghai it is the 22nd, 1:30
    case = open_case(a_customer(cast.store), "repair", "地板响", by=cast.dispatcher, at=late)
    db.session.commit()
    assert (case.number, case.branch_id) == ("BJ01-F261122-001", cast.store.id)
    [entry] = log_of("case", case.id)
    assert (entry.kind, entry.person_id) == ("office.open_case", cast.dispatcher.id)


def test_a_closed_branch_opens_no_case(cast: Cast) -> None:
    cast.store.is_active = False
    with pytest.raises(RuleBroken, match="branch_closed"):
        open_case(a_customer(cast.store), "repair", "", by=cast.dispatcher, at=datetime.now(UTC))
