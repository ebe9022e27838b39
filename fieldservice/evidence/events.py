"""What evidence announces."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BlobChanged:
    """Bytes have come further, or the picture check has found something: what shows them is out of date."""

    sha256: str
