"""What a browser would send of a form that nobody touched."""

from html.parser import HTMLParser
from typing import Any


class _Form(HTMLParser):
    """Collects the fields of the first form whose class has a name."""

    def __init__(self, wanted: str) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: dict[str, list[str]] = {}
        self._wanted = wanted
        self._is_inside = False
        self._select = ""
        self._options: list[tuple[str, bool]] = []
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_inside = self._wanted in given.get("class", "").split() and not self.fields
        if not self._is_inside:
            return
        name = given.get("name", "")
        if tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self._add(name, given.get("value", ""))
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option":
            self._options.append((given.get("value", ""), "selected" in given))
        elif tag == "textarea":
            self._add(name, "")
            self._area = name

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "textarea" and self._area:
            text = self.fields[self._area][-1]
            self.fields[self._area][-1] = text.removeprefix("\n").replace("\n", "\r\n")
            self._area = None
        elif tag == "select" and self._is_inside and self._options:
            chosen = next((value for value, is_chosen in self._options if is_chosen), self._options[0][0])
            self._add(self._select, chosen)

    def _add(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)


def form_fields(text: str, wanted: str) -> dict[str, Any]:
    """Name → value, or values, of the form with class `wanted`. Raises AssertionError without one."""
    parser = _Form(wanted)
    parser.feed(text)
    assert parser.fields, f"no form {wanted}"
    return {name: values[0] if len(values) == 1 else values for name, values in parser.fields.items()}
