"""What a feature shows on a page of a feature above it: the visits of a customer on the customer's page.

Imports go one way only; so the page names the thing it is about, and features below it register what they add.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from markupsafe import Markup

Panel = Callable[[Any], str]
_panels: dict[str, list[Panel]] = defaultdict(list)


def panel_on(kind: str) -> Callable[[Panel], Panel]:
    """Registers a function that gives HTML (rendered, escaped) for a page about a `kind`."""

    def register(panel: Panel) -> Panel:
        if panel not in _panels[kind]:
            _panels[kind].append(panel)
        return panel

    return register


def panels(kind: str, thing: Any) -> Markup:
    """Everything registered for `kind`, one below the other."""
    return Markup("\n").join(Markup(panel(thing)) for panel in _panels[kind])  # noqa: S704 rendered templates
