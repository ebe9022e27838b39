"""P7: the cursor misses nothing, however slow and many the writers; a serial of the database would."""

from flask import Flask

from fieldservice.core.db import db
from tests.cast import Cast
from tests.support.slow_writers import by_a_serial, by_the_counter


def test_no_row_is_missed(app: Flask, cast: Cast) -> None:
    person_id = cast.dispatcher.id
    db.session.commit()
    found = by_the_counter([app], person_id, writers=8, rounds=8, linger_ms=30)
    assert (found.written, found.missed) == (64, 0)
    if db.engine.dialect.name == "postgresql":  # SQLite has one writer at a time
        assert by_a_serial([app], writers=8, rounds=8, linger_ms=30).missed > 0
