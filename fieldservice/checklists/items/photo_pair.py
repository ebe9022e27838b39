"""The same view before and after, or why there can be none."""

from fieldservice.checklists.items.base import Json, Pictures


class PhotoPair(Pictures):
    """No value, or `{"why": "…"}`; done with `least` photos of each that count."""

    kind = "photo_pair"
    fields = frozenset({"least"})

    def slots(self, item: Json) -> tuple[str, ...]:
        return ("before", "after")
