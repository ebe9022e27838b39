"""What a test reads in a page: its form token, its words."""

import re
from html import unescape


def form_token(page: str) -> str:
    """The CSRF token of the page's forms."""
    found = re.search(r'name="csrf_token" value="(\w+)"', page)
    assert found, "the page has no form"
    return found[1]


def text_of(page: str) -> str:
    """The words of a page in one line, as a person reads them."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page))).strip()
