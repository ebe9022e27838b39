"""What evidence announces."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BlobChanged:
    """Bytes have come further, or the picture check has found something: what shows them is out of date."""

    sha256: str


@dataclass(frozen=True)
class PictureChecked:
    """It is known now that the picture is usable, and what it looks like."""

    sha256: str
