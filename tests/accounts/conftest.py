"""What tests of accounts share: the cast, with passwords."""

import pytest

from fieldservice.accounts.actions import set_password
from fieldservice.core.db import db
from tests.cast import Cast, a_cast

PASSWORD = "rivers and trees"


@pytest.fixture
def cast(session: object) -> Cast:
    """Everybody; the dispatcher and the technician have a password."""
    found = a_cast()
    set_password(found.dispatcher, PASSWORD)
    set_password(found.technician, PASSWORD)
    found.technician.phone = "13812342716"
    db.session.commit()
    return found
