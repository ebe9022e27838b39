"""What happened to branches."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class BranchChanged:
    """A branch was added, changed, closed or opened again; `act` is 'branch_added', 'branch_changed' …"""

    branch: Any
    act: str
    #: None: the command line
    by: Any
    at: datetime
