"""A test client whose every request is a request of its own, whatever the test itself has open."""

from typing import Any

from flask import has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldservice.core.db import db


class FreshContextClient(FlaskClient):
    """Gives each request its own application context.

    Flask would let it use the one a test has pushed, with its `g` (the signed-in person!) and its session.
    What the test wrote is committed before the request, and its objects are read anew afterwards.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """As FlaskClient.open."""
        if has_app_context():
            db.session.commit()
        with self.application.app_context():
            return super().open(*args, **kwargs)
