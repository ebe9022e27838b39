"""Signing in: who gets in, who does not, and how guessing slows down."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from fieldservice.accounts import sessions
from fieldservice.accounts.actions import (
    Origin,
    disable_person,
    end_session,
    make_link,
    sign_in,
    use_code,
    use_link,
)
from fieldservice.accounts.models import AccessEntry, Throttle
from fieldservice.core.db import db
from fieldservice.core.errors import NotSignedIn, RuleBroken, TooMany
from tests.accounts.conftest import PASSWORD
from tests.cast import Cast

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
HERE = Origin("203.0.113.9", "test")
QUARTER = timedelta(minutes=15)


def attempt(name: str, password: str, seconds: float = 0, **more: object) -> str:
    """What comes of one try: the person's name or the code of the error."""
    try:
        return sign_in(name, password, at=NOON + timedelta(seconds=seconds), origin=HERE, **more).name  # type: ignore
    except (NotSignedIn, TooMany) as error:
        return error.code


def acts() -> list[str]:
    return list(db.session.scalars(sa.select(AccessEntry.act).order_by(AccessEntry.at, AccessEntry.id)))


@pytest.mark.parametrize("name", ["0217", " 0217 ", "13812342716", "138 1234 2716", "+86 138 1234 2716"])
def test_staff_number_and_mobile_let_in(cast: Cast, name: str) -> None:
    assert attempt(name, PASSWORD) == "王建国"


@pytest.mark.parametrize(("name", "password"), [
    ("0217", "rivers and tree"), ("0217", ""), ("0217", PASSWORD.upper()), ("9999", PASSWORD), ("", PASSWORD),
    ("0218", PASSWORD), ("0218", "")])
def test_wrong_unknown_and_without_password_look_the_same(cast: Cast, name: str, password: str) -> None:
    assert attempt(name, password) == "wrong_name_or_password"
    assert acts() == ["sign_in_failed"]


def test_a_disabled_person_does_not_get_in(cast: Cast) -> None:
    disable_person(cast.technician, by=cast.administrator, at=NOON)
    assert attempt("0217", PASSWORD) == "wrong_name_or_password"


def test_the_sixth_wrong_try_waits_and_the_wait_grows(cast: Cast) -> None:
    assert [attempt("0217", "wrong") for _ in range(6)] == ["wrong_name_or_password"] * 5 + ["too_many_tries"]
    assert attempt("0217", PASSWORD, 29) == "too_many_tries"
    assert attempt("0217", "wrong", 31) == "wrong_name_or_password"
    assert attempt("0217", PASSWORD, 31 + 59) == "too_many_tries"
    assert attempt("0217", PASSWORD, 31 + 61) == "王建国"


def test_the_wait_is_told_in_seconds(cast: Cast) -> None:
    for _ in range(5):
        attempt("0217", "wrong")
    with pytest.raises(TooMany) as told:
        sign_in("0217", PASSWORD, at=NOON + timedelta(seconds=10), origin=HERE)
    assert told.value.facts == {"wait_seconds": 21}


def test_a_name_that_is_nobodys_waits_just_the_same(cast: Cast) -> None:
    assert [attempt("8888", "wrong") for _ in range(6)] == ["wrong_name_or_password"] * 5 + ["too_many_tries"]


def test_number_and_mobile_are_one_account(cast: Cast) -> None:
    names = ["0217", "13812342716", "0217", "+8613812342716", "0217", "13812342716"]
    assert [attempt(name, "wrong") for name in names][-1] == "too_many_tries"


def test_another_account_of_the_same_network_is_not_slowed_down(cast: Cast) -> None:
    for _ in range(6):
        attempt("0217", "wrong")
    assert attempt("0102", PASSWORD) == "沈女士"


def test_a_network_that_tries_many_names_waits(cast: Cast) -> None:
    codes = [attempt(f"77{number}", "wrong") for number in range(31)]
    assert codes == ["wrong_name_or_password"] * 30 + ["too_many_tries"]
    assert attempt("0102", PASSWORD) == "too_many_tries"
    assert sign_in("0102", PASSWORD, at=NOON, origin=Origin("198.51.100.1")).name == "沈女士"


def test_a_right_password_clears_the_account_and_wrong_tries_are_forgotten(cast: Cast) -> None:
    for _ in range(4):
        attempt("0217", "wrong")
    assert attempt("0217", PASSWORD) == "王建国"
    assert [attempt("0217", "wrong") for _ in range(5)] == ["wrong_name_or_password"] * 5
    assert attempt("0217", "wrong", 3601) == "wrong_name_or_password"
    assert attempt("0217", PASSWORD, 3602) == "王建国"


def test_strangers_cannot_lock_out_a_browser_the_person_used_before(cast: Cast) -> None:
    _session, token = sessions.open_session(cast.technician, at=NOON, address="", user_agent="")
    db.session.commit()
    for _ in range(9):
        attempt("0217", "wrong")
    assert attempt("0217", PASSWORD) == "too_many_tries"
    assert attempt("0217", PASSWORD, earlier_token=token) == "王建国"


def test_a_browser_used_before_has_few_tries_too(cast: Cast) -> None:
    _session, token = sessions.open_session(cast.technician, at=NOON, address="", user_agent="")
    db.session.commit()
    codes = [attempt("0217", "wrong", earlier_token=token) for _ in range(6)]
    assert codes == ["wrong_name_or_password"] * 5 + ["too_many_tries"]


def test_a_session_that_was_ended_or_is_anothers_makes_no_browser_known(cast: Cast) -> None:
    ended, token = sessions.open_session(cast.technician, at=NOON, address="", user_agent="")
    _other, others = sessions.open_session(cast.dispatcher, at=NOON, address="", user_agent="")
    end_session(ended, by=cast.technician, at=NOON)
    db.session.commit()
    for _ in range(5):
        attempt("0217", "wrong")
    assert attempt("0217", PASSWORD, earlier_token=token) == "too_many_tries"
    assert attempt("0217", PASSWORD, earlier_token=others) == "too_many_tries"


def test_old_tries_are_cleared_away(cast: Cast) -> None:
    attempt("7777", "wrong")
    attempt("0217", PASSWORD, 2 * 86400)
    keys = set(db.session.scalars(sa.select(Throttle.key)))
    assert keys == {"account:0217", "network:203.0.113.0/24"}


def test_a_link_lets_in_once(cast: Cast) -> None:
    made = make_link(cast.technician, by=cast.branch_manager, at=NOON, good_for=QUARTER)
    assert use_link(made.token, at=NOON, origin=HERE).person is cast.technician
    with pytest.raises(NotSignedIn, match="link_unknown"):
        use_link(made.token, at=NOON, origin=HERE)
    with pytest.raises(NotSignedIn, match="code_unknown"):
        use_code(made.code, at=NOON, origin=HERE)


def test_its_code_lets_in_once_however_it_is_typed(cast: Cast) -> None:
    made = make_link(cast.technician, by=cast.branch_manager, at=NOON, good_for=QUARTER)
    typed = f"{made.code[:4].lower()} {made.code[4:]}"
    assert use_code(typed, at=NOON, origin=HERE).person is cast.technician
    with pytest.raises(NotSignedIn, match="link_unknown"):
        use_link(made.token, at=NOON, origin=HERE)


def test_a_link_ends_after_its_time(cast: Cast) -> None:
    made = make_link(cast.technician, by=cast.branch_manager, at=NOON, good_for=QUARTER)
    with pytest.raises(NotSignedIn):
        use_link(made.token, at=NOON + QUARTER, origin=HERE)


def test_a_new_link_voids_the_older_ones_of_that_person_only(cast: Cast) -> None:
    old = make_link(cast.technician, by=cast.branch_manager, at=NOON, good_for=QUARTER)
    others = make_link(cast.dispatcher, by=cast.branch_manager, at=NOON, good_for=QUARTER)
    new = make_link(cast.technician, by=cast.branch_manager, at=NOON, good_for=QUARTER)
    with pytest.raises(NotSignedIn):
        use_link(old.token, at=NOON, origin=HERE)
    assert use_link(new.token, at=NOON, origin=HERE)
    assert use_link(others.token, at=NOON, origin=HERE)


def test_a_disabled_person_gets_no_link_and_the_old_one_is_void(cast: Cast) -> None:
    made = make_link(cast.technician, by=cast.branch_manager, at=NOON, good_for=QUARTER)
    disable_person(cast.technician, by=cast.administrator, at=NOON)
    with pytest.raises(NotSignedIn):
        use_link(made.token, at=NOON, origin=HERE)
    with pytest.raises(RuleBroken, match="person_disabled"):
        make_link(cast.technician, by=cast.branch_manager, at=NOON, good_for=QUARTER)


def test_codes_cannot_be_guessed_quickly(cast: Cast) -> None:
    codes = []
    for _ in range(31):
        with pytest.raises((NotSignedIn, TooMany)) as refused:
            use_code("AAAAAAAA", at=NOON, origin=HERE)
        codes.append(refused.value.code)
    assert codes == ["code_unknown"] * 30 + ["too_many_tries"]


def test_it_is_written_down_who_came_in_and_how(cast: Cast) -> None:
    made = make_link(cast.technician, by=cast.branch_manager, at=NOON, good_for=QUARTER, address="203.0.113.9")
    use_link(made.token, at=NOON, origin=HERE)
    attempt("0217", PASSWORD, 1)
    attempt("0217", "wrong", 2)
    assert acts() == ["link_made", "link_used", "signed_in", "sign_in_failed"]
    last = db.session.scalars(sa.select(AccessEntry).filter_by(act="sign_in_failed")).one()
    assert (last.person_id, last.subject_id, last.address) == (None, cast.technician.id, "203.0.113.9")
