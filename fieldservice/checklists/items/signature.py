"""The customer's sign-off over what was shown."""

from typing import Any

from fieldservice.checklists.items.base import ItemType, Json


class Signature(ItemType):
    """No value: done while a sign-off is current, whatever its outcome."""

    kind = "signature"
    sheets = frozenset()

    def fault(self, item: Json, value: Any) -> str | None:
        return "value_bad"

    def is_done(self, item: Json, value: Any, seen: Json) -> bool:
        return seen["signed"] is True

    def may_expect(self, item: Json, expected: Any) -> bool:
        return False

    def words(self, item: Json, value: Any, language: str) -> str:
        return ""
