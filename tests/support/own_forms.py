"""Forms as a browser sends them: with the hidden fields of the page they stand on, the row's version too."""

import html
import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

HIDDEN = re.compile(r'''<input type="hidden" name="(csrf_token|version|row_id|opened)" value=("[^"]*"|'[^']*')''')


def send_form(
    client: FlaskClient, address: str, data: dict[str, Any], *, page: str = "", text: str = ""
) -> TestResponse:
    """Opens `page` (the address itself; or takes `text`, a page opened before) and sends its form with `data`."""
    return client.post(address, data=hidden_fields(text or client.get(page or address).text) | data)


def hidden_fields(text: str) -> dict[str, str]:
    """What the form of a page carries along by itself."""
    return {name: html.unescape(quoted[1:-1]) for name, quoted in HIDDEN.findall(text)}
