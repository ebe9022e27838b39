"""Words for the codes of a visit: slots of photos, incidents (the phone has the same); its quantities and sizes."""

from decimal import Decimal
from typing import Any

from fieldservice.core.i18n import lazy_gettext as _l

SLOTS = {
    "before": _l("Before"), "during": _l("During"), "after": _l("After"), "damage": _l("Damage"),
    "voucher": _l("Proof of purchase"), "paper": _l("Paper"),
}

INCIDENTS = {
    "damage": _l("Something was damaged"), "injury": _l("Somebody was hurt"), "dispute": _l("A dispute"),
    "refused_gift": _l("A gift was declined"), "out_of_scope": _l("A request outside the job"),
    "other": _l("Something else"),
}


def helpers() -> dict[str, Any]:
    """What templates call: `slot_word('before')`, `incident_word('damage')`; an unknown code is shown as it is."""
    lists = {"slot": SLOTS, "incident": INCIDENTS}
    return {f"{name}_word": _reader(words) for name, words in lists.items()}


def quantity(milli: int) -> str:
    """Thousandths as people write them: 2400 → '2.4', 1000 → '1', -500 → '-0.5'."""
    return f"{Decimal(milli) / 1000:.3f}".rstrip("0").rstrip(".")


def size_words(size: int) -> str:
    """Bytes for people: 41000 → '41 kB', 2190194 → '2.2 MB'."""
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1000))} kB"


def _reader(words: dict[str, Any]) -> Any:
    return lambda code: words.get(code, code)
