"""Pure rules: promises of time, offered windows, masks."""

from datetime import UTC, datetime, timedelta

import pytest

from fieldservice.portal import rules
from fieldservice.portal.rules import Window

ZONE = "Asia/Shanghai"


def at(hour: int, minute: int = 0, day: int = 21) -> datetime:
    """On the clock of Shanghai."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("start", "due"),
    [(at(10), at(12)), (at(21), at(10, day=22)), (at(23), at(11, day=22)), (at(3), at(11)), (at(20), at(22))],
)
def test_hours_count_while_the_hotline_is_open(start, due):
    assert rules.open_time_after(start, timedelta(hours=2), ZONE) == due


@pytest.mark.parametrize(("start", "due"), [(at(10), at(18)), (at(18), at(10, day=22)), (at(23), at(10, day=22))])
def test_nobody_promises_to_call_at_night(start, due):
    assert rules.call_by(start, timedelta(hours=8), ZONE) == due


def test_offers_are_on_different_half_days_and_never_the_agreed_or_a_taken_one():
    agreed = Window(at(9, day=22), at(11, day=22))
    taken = [Window(at(14, day=22), at(15, 30, day=22)), Window(at(9, day=23), at(12, day=23))]
    found = rules.offers(at(10), 120, ZONE, taken, agreed)
    assert [one.start_at for one in found] == [at(16, day=22), at(14, day=23), at(9, day=24)]
    assert all(one.end_at - one.start_at == timedelta(hours=2) for one in found)


def test_who_has_no_time_at_all_is_offered_nothing():
    assert rules.offers(at(10), 120, ZONE, [Window(at(0), at(0, day=30))], None) == []


@pytest.mark.parametrize(
    ("phone", "masked", "digits"),
    [("13812342716", "138********", "2716"), ("+8613812342716", "+86***********", "2716"), ("1234", "****", ""),
     ("12345", "*****", "2345"), ("", "", "")],
)  # fmt: skip
def test_the_mask_never_shows_what_is_asked_for(phone, masked, digits):
    assert rules.masked_number(phone) == masked
    assert rules.last_digits(phone) == digits
    assert not digits or digits not in masked


@pytest.mark.parametrize(
    ("user_agent", "is_robot"),
    [("", True), ("Googlebot/2.1", True), ("Twitterbot", True), ("WhatsApp/2", True), ("python-requests/2", True),
     ("Mozilla/5.0 (Linux; Android 14; CUBOT X19) MicroMessenger/8", False), ("Mozilla/5.0 (iPhone) Safari", False)],
)  # fmt: skip
def test_robots_that_say_so_are_known(user_agent, is_robot):
    assert rules.is_robot(user_agent) is is_robot
