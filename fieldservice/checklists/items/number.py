"""A measured or counted number, in thousandths, with limits and a warning; or why it could not be measured."""

from itertools import pairwise
from typing import Any

from fieldservice.checklists.items.base import (
    WHY_NOT,
    WORDS_MOST,
    Fault,
    ItemType,
    Json,
    is_shaped,
    is_whole,
    text_fault,
    words_faults,
)

#: thousandths; nothing on a floor is beyond a thousand million
MOST_MILLI = 10**12
UNIT_MOST = 10
LIMITS = ("least_milli", "most_milli", "warn_below_milli", "warn_above_milli")


class Number(ItemType):
    """`{"milli": 9400}` is 9.4 of the unit. Beyond `least` and `most` it is refused, beyond `warn` it is only told.

    `{"why": "…"}` says why there is none: a figure made up because the form asks for one is worse.
    """

    kind = "number"
    fields = frozenset({"unit", "decimals", *LIMITS, "warn"})

    def fault(self, item: Json, value: Any) -> str | None:
        if is_shaped(value, "why"):
            return text_fault(value["why"])
        if not is_shaped(value, "milli") or type(value["milli"]) is not int:
            return "value_bad"
        milli = value["milli"]
        least, most = item["least_milli"], item["most_milli"]
        if milli < (-MOST_MILLI if least is None else least) or milli > (
            MOST_MILLI if most is None else most
        ):
            return "number_out_of_range"
        return "number_too_fine" if milli % 10 ** (3 - item["decimals"]) else None

    def holds(self, item: Json, value: Any, expected: Any) -> bool:
        return super().holds(item, value, expected) and "milli" in value

    def words(self, item: Json, value: Any, language: str) -> str:
        if not self.is_answered(item, value):
            return ""
        if "why" in value:
            return WHY_NOT[language].format(value["why"])
        number = f"{value['milli'] / 1000:.{item['decimals']}f}"
        return number + ("" if item["unit"][:1] in ("", "%", "‰", "°", "℃") else " ") + item["unit"]

    def check_definition(self, item: Json) -> list[Fault]:
        found = []
        if item["unit"] != "" and text_fault(item["unit"], most=UNIT_MOST):
            found.append(Fault("unit", "shape_bad"))
        if not is_whole(item["decimals"], 0, 3):
            found.append(Fault("decimals", "number_bad"))
        limits = [name for name in LIMITS if item[name] is not None]
        found += [
            Fault(name, "number_bad") for name in limits if not is_whole(item[name], -MOST_MILLI, MOST_MILLI)
        ]
        return found or [*_order_faults(item), *_warning_faults(item)]


def _order_faults(item: Json) -> list[Fault]:
    """Limits in their order: least ≤ warn below ≤ warn above ≤ most."""
    ordered = ("least_milli", "warn_below_milli", "warn_above_milli", "most_milli")
    given = [name for name in ordered if item[name] is not None]
    return [
        Fault(later, "limits_crossed") for earlier, later in pairwise(given) if item[earlier] > item[later]
    ]


def _warning_faults(item: Json) -> list[Fault]:
    """The words of a warning are needed where there is one to give."""
    is_silent = item["warn_below_milli"] is None and item["warn_above_milli"] is None
    if is_silent and item["warn"] == {"zh": "", "en": ""}:
        return []
    return words_faults("warn", item["warn"], WORDS_MOST)
