"""The keys that seal reports are made when server or worker first start."""

import logging

from sqlalchemy.exc import SQLAlchemyError

from fieldservice.core import start
from fieldservice.core.db import db, transaction_mode
from fieldservice.reports import keys

_log = logging.getLogger("fieldservice.reports")


@start.prepares
def make_keys() -> None:
    """What is missing or damaged does not keep the product from starting: reports wait, and the page of keys says why."""
    try:
        with transaction_mode("read"):
            keys.sealing_identity()
    except keys.SealingTrouble as error:
        _log.error("reports cannot be sealed: %s", error)
    except (OSError, SQLAlchemyError) as error:  # no room, or the schema is not yet that of this program
        _log.error("the keys that seal reports could not be made or read: %s", error)
    finally:
        db.session.rollback()
