"""One JSON line a request on standard output: no tokens, no bodies, no names, no phone numbers."""

import json
import logging
import sys
import time

from flask import Flask, Response, g, request

_log = logging.getLogger("fieldservice.requests")


def install(app: Flask) -> None:
    """Times every request and writes its line when the answer is made."""
    _configure(app.config["LOG_LEVEL"])
    app.before_request(_start)
    app.after_request(_write)


def _configure(level: str) -> None:
    root = logging.getLogger("fieldservice")
    root.setLevel(level)
    if not root.handlers:
        root.addHandler(logging.StreamHandler(sys.stdout))


def _start() -> None:
    g.started_at = time.perf_counter()


def _write(response: Response) -> Response:
    started = g.get("started_at")
    line = {
        "method": request.method,
        # the rule, not the path: paths hold ids and one-time tokens
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
        "ms": round((time.perf_counter() - started) * 1000, 1) if started else None,
        "person": g.get("person_id"),
    }
    _log.info(json.dumps(line, separators=(",", ":")))
    return response
