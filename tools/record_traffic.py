"""`python -m tools.record_traffic`: a day of the client of today, kept as a vector of its version (package.json).

A version that was released is never recorded again: phones with it are out there. Before its release: `--replace`.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from flask_migrate import upgrade

from fieldservice import create_app
from tests.support.fresh_client import FreshContextClient
from tests.traffic import recording


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replace", action="store_true", help="the version has not been released yet")
    asked = parser.parse_args()
    version = recording.version_now()
    if version in recording.versions() and not asked.replace:
        print(f"{version} is recorded: raise the version in package.json, or say --replace if it was never released.")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"TESTING": True, "DATA_DIR": Path(folder), "BACKGROUND": "inline"})
        app.test_client_class = FreshContextClient
        with app.app_context():
            upgrade(directory=str(recording.ROOT / "migrations"))
            made = recording.record(app)
    recording.write(made, version)
    print(f"{recording.path_of(version).relative_to(recording.ROOT)}: {len(made.exchanges)} requests")
    return 0


if __name__ == "__main__":
    sys.exit(main())
