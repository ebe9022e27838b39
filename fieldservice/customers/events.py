"""What happened to customers and their addresses."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class AddressChanged:
    """The district or the street of a site is another one now."""

    site: Any
    at: datetime
