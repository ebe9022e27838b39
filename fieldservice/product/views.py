"""The technician app's shell, worker and manifest; health; the OpenAPI document; the local authority's certificate."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, abort, current_app, jsonify, render_template, send_file
from werkzeug.wrappers import Response as AnyResponse

from fieldservice.core import db, queue
from fieldservice.core.permissions import public
from fieldservice.reports import queries as report_queries
from fieldservice.web import headers, openapi
from fieldservice.web.assets import ROOT, Assets
from fieldservice.web.zipping import zipped

blueprint = Blueprint("product", __name__)

#: below this much free disk nothing new should be promised to phones
LEAST_FREE_BYTES = 200 * 1024 * 1024


def _assets() -> Assets:
    found: Assets = current_app.extensions["assets"]
    return found


@blueprint.get("/app/")
@blueprint.get("/app/<path:_anywhere>")
@public
def shell(_anywhere: str = "") -> Response:
    """The technician app's page: the same for everybody, so that a phone can keep it and open without a network."""
    response = Response(render_template("app/shell.html", needed_by=_assets().needed_by))
    zipped(response)
    script = f"'self' {_assets().importmap_hash}"
    response.headers["Content-Security-Policy"] = headers.policy(script, own_pictures=True)
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/app/sw.js")
@public
def service_worker() -> Response:
    """The one script without a build in its address; a new build changes it, and so the browser finds the update.

    Switched off it is another worker, which browsers take for an update too: it takes the place of whatever is there.
    """
    name = "service-worker" if current_app.config["SERVICE_WORKER"] else "off"
    body = f'import "{_assets().url(f"js/sw/{name}.js")}";\n'
    return Response(body, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


@blueprint.get("/app/manifest.webmanifest")
@public
def manifest() -> Response:
    """How the app is called and drawn when it is installed."""
    picture = _assets().url
    body = {
        "id": "/app/", "name": "上门服务", "short_name": "上门服务", "lang": "zh-CN", "start_url": "/app/",
        "scope": "/app/", "display": "standalone", "orientation": "portrait", "background_color": "#f1f3ef",
        "theme_color": "#f1f3ef",
        "icons": [
            {"src": picture("icons/app-192.png"), "sizes": "192x192", "type": "image/png"},
            {"src": picture("icons/app-512.png"), "sizes": "512x512", "type": "image/png"},
            {"src": picture("icons/maskable-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
        ],
    }  # fmt: skip
    response = Response(current_app.json.dumps(body), mimetype="application/manifest+json")
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/api/openapi.json")
@public
def openapi_document() -> Response:
    """OpenAPI 3.1 of the JSON interface."""
    return jsonify(openapi.document(current_app))


@blueprint.get("/livez")
@public
def livez() -> Response:
    """The process answers; asks nothing else."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@public
def readyz() -> tuple[Response, int]:
    """Whether work can be taken: each check with what it found."""
    checks = {
        "database": _check(_database),
        "schema": _check(_schema),
        "media": _check(_media),
        "disk": _check(_disk),
        "sqlite": _check(_sqlite),
        "queue": _check(queue.state),
        "reports": _check(_reports),
    }
    ok = all(found["ok"] for found in checks.values())
    return jsonify({"ok": ok, "checks": checks}), 200 if ok else 503


@blueprint.get("/ca.crt")
@public
def local_authority() -> AnyResponse:
    """The certificate a phone on the same network must trust (`make phone`)."""
    path = current_app.config["CA_FILE"]
    if not path or not Path(path).is_file():
        abort(404)
    return send_file(path, mimetype="application/x-x509-ca-cert", download_name="fieldservice-ca.crt")


@blueprint.get("/robots.txt")
@public
def robots() -> Response:
    """Nothing here is for search engines."""
    return Response("User-agent: *\nDisallow: /\n", mimetype="text/plain")


def _check(look: Any) -> dict[str, Any]:
    try:
        return {"ok": True, "found": look()}
    except Exception as error:
        return {
            "ok": False,
            "found": type(error).__name__ if not isinstance(error, RuntimeError) else str(error),
        }


def _database() -> str:
    db.db.session.execute(sa.text("SELECT 1"))
    return str(db.db.engine.dialect.name)


def _schema() -> str:
    """The database must be at the newest migration this code knows, neither older nor newer."""
    present = MigrationContext.configure(db.db.session.connection()).get_current_revision()
    newest = ScriptDirectory(str(ROOT / "migrations")).get_current_head()
    if present != newest:
        raise RuntimeError(f"database at {present}, code at {newest}")
    return str(present)


def _media() -> str:
    with tempfile.NamedTemporaryFile(dir=current_app.config["DATA_DIR"]) as file:
        file.write(b"x")
        os.fsync(file.fileno())
    return "writable"


def _disk() -> str:
    free = shutil.disk_usage(current_app.config["DATA_DIR"]).free
    if free < LEAST_FREE_BYTES:
        raise RuntimeError(f"{free // 1024**2} MB free")
    return f"{free // 1024**2} MB free"


def _sqlite() -> str:
    """Its version, with a word when it is one that can damage a database; no reason to take no work."""
    if db.db.engine.dialect.name != "sqlite":
        return "not used"
    version = db.sqlite_version()
    return f"{version}, can damage the database: use pysqlite3" if db.is_sqlite_risky(version) else version


def _reports() -> str:
    """What the worker found when it looked whether reports can be made; the rest of the product works without."""
    return str(report_queries.press_state().get("found", "no worker has looked yet"))
