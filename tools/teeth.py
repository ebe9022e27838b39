"""`make teeth`: takes each protection of sync out, one after the other, and prints who noticed (docs/proof.md).

`--write` writes the tables of docs/proof.md anew and takes nothing out. The exit code is 1 when one was not noticed.
"""

import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.teeth.tables import PAGE, Row, client_rows, server_rows, with_tables  # noqa: E402


def main(arguments: list[str]) -> int:
    """Runs both lists; the exit code."""
    if arguments == ["--write"]:
        PAGE.write_text(with_tables(PAGE.read_text()))
        return 0
    on_server, on_phone = _server(), _phone()
    missed = 0
    for row in server_rows():
        found = [on_server.get(f"{kind}-{row.name}") for kind in row.databases]
        missed += not all(found)
        _print(row, ", ".join(f"{kind}: {_word(one)}" for kind, one in zip(row.databases, found, strict=True)))
    for row in client_rows():
        fine = on_phone.get(row.name, False)
        missed += not fine
        _print(row, ("no, as it must be" if fine else "YES, and must not be") if row.is_needless else _word(fine))
    total = len(server_rows()) + len(client_rows())
    print(f"\n{total} protections taken out, {missed} not as they must be")
    return 1 if missed else 0


def _print(row: Row, noticed: str) -> None:
    print(row.name)
    for what, found in (("taken out of", row.taken_out_of), ("noticed by", row.noticed_by), ("noticed", noticed)):
        print(f"    {what:13} {found}")


def _word(noticed: bool | None) -> str:
    return "yes" if noticed else "NO"


def _server() -> dict[str, bool]:
    """'sqlite-gap check' → whether its removal was noticed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "tests/teeth/test_server.py", f"--junitxml={report}"]
        subprocess.run(command, cwd=ROOT, check=False, stdout=sys.stderr)
        cases = ET.parse(report).iter("testcase")  # noqa: S314 - written a moment ago
        return {_inside(case.get("name", "")): case.find("failure") is None and case.find("error") is None
                for case in cases}  # fmt: skip


def _inside(name: str) -> str:
    found = re.search(r"\[(.*)\]$", name)
    return found[1] if found else name


def _phone() -> dict[str, bool]:
    """Name → whether it is as it must be."""
    command = ["node", "--test", "--test-reporter=tap", "tests/js/teeth/teeth.test.js"]
    told = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True).stdout
    lines = re.findall(r'^\s*(ok|not ok) \d+ - without "(.*)" (?:all is well|something breaks)$', told, re.MULTILINE)
    return {name: word == "ok" for word, name in lines}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
