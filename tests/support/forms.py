"""Filling forms as a browser does: the token of the page goes along."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


def token_of(page: str) -> str:
    """The form token that stands in a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found[1]


def post_form(
    client: FlaskClient,
    address: str,
    data: dict[str, Any] | None = None,
    *,
    page: str = "/account",
    **more: Any,
) -> TestResponse:
    """Opens `page`, then posts `data` with its token to `address`."""
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    token = token_of(client.get(page, **more).text)
    return client.post(address, data={**(data or {}), "csrf_token": token}, **more)
