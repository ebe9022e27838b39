"""Words to be read aloud or shown, with the real values of the visit in them."""

from typing import Any

from fieldservice.checklists.items.base import (
    LANGUAGES,
    SCRIPT_MOST,
    Fault,
    Json,
    YesOrWhyNot,
    is_shaped,
    words_faults,
)

PLACEHOLDERS = frozenset(
    {"address_form", "customer", "technician", "badge_no", "visit_type", "amount", "branch"}
)
CHARGED = {"fact": "charge", "is": True}


class Say(YesOrWhyNot):
    """`{"said": true, "language": "zh"}` or `{"said": false, "why": "…"}`."""

    kind = "say"
    fields = frozenset({"script"})
    sheets = frozenset()
    key = "said"
    yes_words = {"zh": "已说", "en": "Said"}

    def is_yes(self, value: Any) -> bool:
        return (
            is_shaped(value, "said", "language") and value["said"] is True and value["language"] in LANGUAGES
        )

    def check_definition(self, item: Json) -> list[Fault]:
        found = words_faults("script", item["script"], SCRIPT_MOST, placeholders=PLACEHOLDERS)
        is_charged = isinstance(item["when"], list) and CHARGED in item["when"]
        if not found and not is_charged and "{amount}" in "".join(item["script"].values()):
            found.append(Fault("when", "amount_needs_charge"))
        return found
