"""Plays histories against the real application: `python -m tests.proof.run --db sqlite --seeds 1-20`.

`run_histories` is what tests, `make soak` and the tests of the protections call.
"""

import argparse
import json
import os
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.proof.installation import installation
from tests.proof.office import Office
from tests.support.databases import KINDS, ROOT

MAIN = ROOT / "tests" / "js" / "proof" / "main.js"

#: takes something away from the server while histories are played: a context manager around all of them
Patch = Callable[[], AbstractContextManager[Any]]


@dataclass
class Report:
    """What came of some histories."""

    kind: str
    served: str
    #: seed → how it went
    histories: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def broken(self) -> dict[int, list[str]]:
        """Seed → laws that did not hold."""
        return {seed: one["broken"] for seed, one in self.histories.items() if one["broken"]}

    @property
    def faults(self) -> Counter[str]:
        """Faults injected, by kind."""
        return sum((Counter(one["faults"]) for one in self.histories.values()), Counter())

    @property
    def facts(self) -> Counter[str]:
        """What the histories had in them: results, decisions, signatures, photos."""
        return sum((Counter(one["facts"]) for one in self.histories.values()), Counter())

    def total(self, what: str) -> int:
        """Sum over all histories of 'ops', 'requests' or 'ms'."""
        return sum(one[what] for one in self.histories.values())

    def in_words(self) -> str:
        """Everything a person needs to play a failure again."""
        lines = [
            f"{self.kind}, served {self.served}: {len(self.histories)} histories, {self.total('ops')} operations, "
            f"{self.total('requests')} requests, {sum(self.faults.values())} faults, {len(self.broken)} with violations"
        ]
        for seed, broken in self.broken.items():
            lines += [f"seed {seed} breaks:", *(f"  {one}" for one in broken[:12])]
            how = f"--db {self.kind} --served {self.served} --seeds {seed}"
            lines.append(f"  again: .venv/bin/python -m tests.proof.run {how}")
            shortest = self.histories[seed]["shortest"]
            if shortest:
                lines += ["  shortest:", *(f"    {one}" for one in shortest["broken"][:4])]
                lines += [f"    {json.dumps(event, ensure_ascii=False)}" for event in shortest["history"]["events"]]
        return "\n".join(lines)


def run_histories(
    kind: str,
    seeds: Iterable[int],
    *,
    served: str = "here",
    patches: Sequence[Patch] = (),
    replace: Mapping[str, Path | str] | None = None,
    shrink: bool = True,
    seconds: float | None = None,
    history: dict[str, Any] | None = None,
    on_report: Callable[[dict[str, Any]], bool | None] = lambda _report: None,
) -> Report:
    """Plays the histories of `seeds` on a fresh database of `kind` and says how each went.

    served: 'here' (threads of this process; `patches` can take something away) or 'gunicorn'. replace: module of the
    phone under static/js ('store/answers.js') → file that stands in its place. seconds: begin no further history after
    that. history: play this one instead. on_report: told of each; True ends it.
    """
    report = Report(kind, served)
    with ExitStack() as stack:
        place = stack.enter_context(installation(kind, served=served))
        office = Office(place)
        for patch in patches:
            stack.enter_context(patch())
        about = {
            "url": place.url,
            "seeds": list(seeds),
            "replace": {name: str(file) for name, file in (replace or {}).items()},
            "shrink": shrink,
            "seconds": seconds,
            "kills": served == "gunicorn",
            "history": history,
        }
        _play(about, office, report, on_report)
    return report


def _play(
    about: dict[str, Any], office: Office, report: Report, on_report: Callable[[dict[str, Any]], bool | None]
) -> None:
    node = subprocess.Popen(
        ["node", "--no-warnings", "--max-semi-space-size=32", str(MAIN), json.dumps(about)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        env={**os.environ, "NODE_OPTIONS": ""},
    )  # fmt: skip
    assert node.stdin
    assert node.stdout
    is_done = False
    try:
        for line in node.stdout:
            told = json.loads(line)
            if "question" in told:
                print(json.dumps({"id": told["id"], **_answer(office, told["question"])}), file=node.stdin, flush=True)
            elif "report" in told:
                report.histories[told["report"]["seed"]] = told["report"]
                if on_report(told["report"]):
                    is_done = True
                    break
            else:
                is_done = True
    finally:
        node.stdin.close()
        node.kill()
        node.wait()
    if not is_done:
        raise RuntimeError("the phones went away before they were done")


def _answer(office: Office, question: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"answer": office.answer(question)}
    except Exception:
        return {"error": traceback.format_exc()}


def seeds_of(text: str) -> list[int]:
    """'7', '1-20' or '1-5,9'."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def main(arguments: list[str]) -> int:
    """From the command line; the exit code says whether every law held."""
    from tests.support import shared_folder
    from tests.support.pg_cluster import stop_cluster
    from tests.support.warm import collect_seldom

    parser = argparse.ArgumentParser(prog="tests.proof.run", description=__doc__)
    parser.add_argument("--db", choices=KINDS, default="sqlite")
    parser.add_argument("--seeds", default="1-10", type=seeds_of)
    parser.add_argument("--served", choices=["here", "gunicorn"], default="here")
    parser.add_argument("--replace", action="append", default=[], metavar="MODULE=FILE")
    parser.add_argument("--history", type=Path, help="a JSON file with one history to play")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args(arguments)
    history = json.loads(given.history.read_text()) if given.history else None
    folder = shared_folder.open_shared_folder()
    collect_seldom()
    try:
        report = run_histories(
            given.db, given.seeds, served=given.served, shrink=not given.no_shrink, history=history,
            replace=dict(one.split("=", 1) for one in given.replace),
            on_report=(lambda one: print(one["seed"], one["ms"], "ms", one["ops"], "ops", one["requests"], "requests",
                                         one["broken"][:3], flush=True)) if given.verbose else (lambda _one: None),
        )  # fmt: skip
    finally:
        stop_cluster(folder)
        shared_folder.remove_shared_folder(folder)
    print(report.in_words())
    print(dict(report.faults.most_common()))
    print(dict(report.facts.most_common()))
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
