"""How long a sign-in lasts: long on a phone, a working day at a desk, and never for ever."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session, scoped_session

from fieldservice.accounts import sessions
from fieldservice.accounts.models import Device, LoginSession, PersonRole
from fieldservice.core.ids import new_id
from tests.builders import MOMENT
from tests.cast import Cast

DAY = timedelta(days=1)


def a_session(
    cast: Cast, db_session: scoped_session[Session], roles: set[str], *, on_phone: bool = False
) -> LoginSession:
    person = cast.technician
    person.role_rows = [row for row in person.role_rows if row.role in roles] + [
        PersonRole(role=role) for role in roles if role not in person.roles
    ]
    opened, _token = sessions.open_session(person, at=MOMENT, address="", user_agent="")
    if on_phone:
        device = Device(id=new_id(), person_id=person.id, name="手机", registered_at=MOMENT)
        db_session.add(device)
        db_session.flush()
        opened.device_id = device.id
    db_session.commit()
    return opened


@pytest.mark.parametrize(
    ("roles", "on_phone", "idle"),
    [
        ({"technician"}, False, 30 * DAY),
        ({"technician"}, True, 30 * DAY),
        ({"dispatcher"}, False, DAY / 2),
        ({"technician", "dispatcher"}, False, DAY / 2),
        ({"technician", "dispatcher"}, True, 30 * DAY),
    ],
)
def test_unused_it_ends(
    app: Flask, cast: Cast, session: scoped_session[Session], roles: set[str], on_phone: bool, idle: timedelta
) -> None:
    opened = a_session(cast, session, roles, on_phone=on_phone)
    assert sessions.is_running(opened, MOMENT + idle - timedelta(seconds=1))
    assert not sessions.is_running(opened, MOMENT + idle)


@pytest.mark.parametrize(("on_phone", "life"), [(False, 7 * DAY), (True, 180 * DAY)])
def test_used_all_the_time_it_ends_too(
    app: Flask, cast: Cast, session: scoped_session[Session], on_phone: bool, life: timedelta
) -> None:
    opened = a_session(cast, session, {"technician", "dispatcher"}, on_phone=on_phone)
    opened.last_seen_at = MOMENT + life
    assert sessions.is_running(opened, MOMENT + life - timedelta(seconds=1))
    assert not sessions.is_running(opened, MOMENT + life)


def test_who_comes_to_work_at_a_desk_keeps_no_long_sign_in_there(
    app: Flask, cast: Cast, session: scoped_session[Session]
) -> None:
    opened = a_session(cast, session, {"technician"})
    cast.technician.role_rows = [PersonRole(role="administrator")]
    session.commit()
    assert not sessions.is_running(opened, MOMENT + DAY)
