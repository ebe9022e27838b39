"""An item type to copy: a scale from 1 to `most`. It is not in the registry.

A new type needs, beside a copy of this file with its own name:

1. its line in `items/__init__.py` and its row in docs/visit.md; the name is for ever, as are the fields of its value;
2. its twin `static/js/rules/items/<kind>.js` (check, isDone, holds) and a line in `registry.js` beside it;
3. its view `static/js/screens/checklist/items/<kind>.js`;
4. `tests/vectors/checklist_items/<kind>.json`: right and wrong values of every shape, which both sides must judge alike.
"""

from typing import Any

from fieldservice.checklists.items.base import Fault, ItemType, Json, is_shaped, is_whole


class Scale(ItemType):
    """`{"step": 3}`: how far along a scale."""

    kind = "scale"
    #: what an item of this type says beside what every item says
    fields = frozenset({"most"})

    def fault(self, item: Json, value: Any) -> str | None:
        """The value may be anything: look at its shape before its meaning. Codes: docs/visit.md."""
        if not is_shaped(value, "step") or type(value["step"]) is not int:
            return "value_bad"
        return None if is_whole(value["step"], 1, item["most"]) else "number_out_of_range"

    def words(self, item: Json, value: Any, language: str) -> str:
        """As the customer reads it on the sheet; never raises, whatever the value."""
        return f"{value['step']} / {item['most']}" if self.is_answered(item, value) else ""

    def check_definition(self, item: Json) -> list[Fault]:
        """For the editor: what would make the item unusable on site."""
        return [] if is_whole(item["most"], 2, 10) else [Fault("most", "number_bad")]
