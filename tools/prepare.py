"""Commands of the application one after another in one process, for a start that does not import it anew for each.

`prepare.py "db upgrade" "sample load"`; what the last one says is said. Ends at the first that fails, with its code.
"""

from __future__ import annotations

import contextlib
import gc
import io
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
# what is imported stays: an eighth of a start would go into looking through it again and again
gc.set_threshold(50_000, 20, 50)

from flask.cli import ScriptInfo  # noqa: E402

from fieldservice import create_app  # noqa: E402


def main(commands: list[str]) -> int:
    """Do them; the exit code."""
    info = ScriptInfo(create_app=create_app)
    for command in commands:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = _code_of(info, command)
        if code:
            print(f"`flask {command}` failed; the reason stands here:\n{said.getvalue()}", file=sys.stderr)
            return code
    print(said.getvalue().strip("\n"))
    return 0


def _code_of(info: ScriptInfo, command: str) -> int:
    try:
        info.load_app().cli.main(args=command.split(), prog_name="flask", obj=info)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
