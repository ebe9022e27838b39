"""The tests run in two time zones, so that whoever asks the machine for the day is found (tests/conftest.py)."""

import os
import time

from tests.conftest import DISTANT_ZONE


def test_a_test_without_postgresql_is_far_away() -> None:
    assert os.environ["TZ"] == DISTANT_ZONE
    assert time.localtime(1_700_000_000).tm_hour == 17, "22:13 UTC in November"


def test_one_on_postgresql_is_where_the_machine_is(database_kind: str) -> None:
    assert (os.environ.get("TZ") == DISTANT_ZONE) == (database_kind == "sqlite")
