"""The product as `wsgi.py` serves it, in workers that can be told to die (`points.py`)."""

import os
from pathlib import Path

from fieldservice import create_app
from tests.faults.points import watch

app = create_app()
watch(Path(os.environ["FAULT_FILE"]))
