"""Icons of the sprite written into a page: a customer's page must not load a hundred of them for eight."""

import re
from functools import cache

from markupsafe import Markup

from fieldservice.web.assets import ROOT

_SYMBOL = re.compile(r'<symbol id="([\w-]+)" viewBox="([^"]+)">(.*?)</symbol>', re.S)


def icon_inline(name: str) -> Markup:
    """A line icon. Raises KeyError for one that is not in the sprite."""
    view_box, body = _symbols()[name]
    return Markup('<svg class="i" viewBox="{}" aria-hidden="true">{}</svg>').format(view_box, Markup(body))  # noqa: S704


@cache
def _symbols() -> dict[str, tuple[str, str]]:
    sprite = (ROOT / "static" / "icons.svg").read_text(encoding="utf-8")
    return {name: (view_box, " ".join(body.split())) for name, view_box, body in _SYMBOL.findall(sprite)}
