"""Personal data shortened for those who do not need it whole."""


def mask_phone(phone: str) -> str:
    """'13812342716' → '138 **** 2716'; a short number keeps its last two digits."""
    if len(phone) >= 9:
        return f"{phone[:-8]} **** {phone[-4:]}"
    return "*" * max(0, len(phone) - 2) + phone[-2:]
