"""Words written down on site."""

from typing import Any

from fieldservice.checklists.items.base import Fault, ItemType, Json, is_shaped, is_whole, text_fault

TEXT_MOST = 1000


class Text(ItemType):
    """`{"text": "…"}`, at most `most` characters."""

    kind = "text"
    fields = frozenset({"most"})

    def fault(self, item: Json, value: Any) -> str | None:
        if not is_shaped(value, "text"):
            return "value_bad"
        return text_fault(value["text"], most=item["most"], none="text_missing")

    def words(self, item: Json, value: Any, language: str) -> str:
        return str(value["text"]) if self.is_answered(item, value) else ""

    def check_definition(self, item: Json) -> list[Fault]:
        return [] if is_whole(item["most"], 1, TEXT_MOST) else [Fault("most", "number_bad")]
