"""Forms as a browser sends them: with the hidden fields of the page they stand on, the row's version too."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

HIDDEN = re.compile(r'<input type="hidden" name="(csrf_token|version)" value="([^"]*)"')


def send_form(
    client: FlaskClient, address: str, data: dict[str, Any], *, page: str = "", text: str = ""
) -> TestResponse:
    """Opens `page` (the address itself; or takes `text`, a page opened before) and sends its form with `data`."""
    hidden = dict(HIDDEN.findall(text or client.get(page or address).text))
    return client.post(address, data=hidden | data)
