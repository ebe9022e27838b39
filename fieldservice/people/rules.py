"""Pure rules of portraits."""

#: of a file handed in; a phone's photo has some 5 MB
MOST_BYTES = 12 * 1024 * 1024
#: pixels of the longer side of what is kept: five rem wide on a phone with three pixels a dot
SIDE = 320


def initials(name: str) -> str:
    """What stands where there is no portrait: '王建国' → '王', 'Anna Maria Weber' → 'AW'."""
    parts = name.split()
    if len(parts) > 1 and name.isascii():
        return (parts[0][:1] + parts[-1][:1]).upper()
    return name.strip()[:1].upper()
