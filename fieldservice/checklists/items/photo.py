"""Photos in one slot, or why there can be none."""

from fieldservice.checklists.items.base import Fault, Json, Pictures

SLOTS = ("before", "during", "after", "damage", "voucher", "paper")


class Photo(Pictures):
    """No value, or `{"why": "…"}`; done with `least` photos that count."""

    kind = "photo"
    fields = frozenset({"slot", "least"})

    def slots(self, item: Json) -> tuple[str, ...]:
        return (item["slot"],)

    def check_definition(self, item: Json) -> list[Fault]:
        found = super().check_definition(item)
        return found if item["slot"] in SLOTS else [*found, Fault("slot", "slot_unknown")]
