"""What a feature shows on a page of a feature above it: the visits of a customer on the customer's page.

Imports go one way only; so the page names the thing it is about, and features below it register what they add.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup

Panel = Callable[[Any], str]
Marks = Callable[[Sequence[Any]], dict[str, str]]
_panels: dict[str, list[Panel]] = defaultdict(list)
_marks: dict[str, list[Marks]] = defaultdict(list)


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


def marks_on(kind: str) -> Callable[[Marks], Marks]:
    """Registers a function that gives small HTML (rendered, escaped) for the rows of a list of a `kind`, by id.

    It is asked once for a whole list.
    """

    def register(found: Marks) -> Marks:
        if found not in _marks[kind]:
            _marks[kind].append(found)
        return found

    return register


def marks(kind: str, things: Sequence[Any]) -> dict[str, Markup]:
    """Id of each thing → everything registered for `kind` that is said of it, side by side."""
    found: dict[str, Markup] = {thing.id: Markup("") for thing in things}
    for read in _marks[kind]:
        for thing_id, text in read(things).items():
            found[thing_id] += Markup(text)  # noqa: S704 rendered templates
    return found
