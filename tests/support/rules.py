"""The rules of the product as they are in its source: a test that changes one puts it back."""

import sys

#: what a rule can be made of; anything else is not compared
_PLAIN = (int, float, str, tuple, frozenset, set, dict, list)

_at_first: dict[str, dict[str, str]] = {}


def changed_rules() -> list[str]:
    """'module.NAME: was → is' of every constant of a `rules` module that is another than when first seen."""
    found = []
    for module in [name for name in sys.modules if name.startswith("fieldservice.") and name.endswith(".rules")]:
        now = _constants(module)
        was = _at_first.setdefault(module, now)
        found += [f"{module}.{name}: {was[name]} → {now.get(name)}" for name in was if was[name] != now.get(name)]
    return found


def _constants(module: str) -> dict[str, str]:
    values = vars(sys.modules[module])
    return {name: repr(values[name]) for name in values if name.isupper() and isinstance(values[name], _PLAIN)}
