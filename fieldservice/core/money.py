"""Money is whole fen (1 yuan = 100 fen); no floats anywhere."""

import re

_YUAN = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?\Z")


def parse_yuan(text: str) -> int:
    """Fen from what a person types: '180', '180.5', '¥ 1,180.50'. Raises ValueError."""
    match = _YUAN.match(text.strip().lstrip("¥￥").replace(",", "").replace("，", "").strip())
    if not match:
        raise ValueError(f"not an amount in yuan: {text!r}")
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))


def yuan(amount_fen: int) -> str:
    """Yuan for people: 18000 → '180', 18050 → '180.50', 123456700 → '1,234,567'."""
    whole, fen = divmod(abs(amount_fen), 100)
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}{whole:,}" + (f".{fen:02}" if fen else "")
