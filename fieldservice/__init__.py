"""Field service for a flooring company: jobs to technicians' phones and back."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from flask import Flask

from fieldservice import config
from fieldservice.core import commands, db, i18n, queue, search, secrets_file, start
from fieldservice.core.json import StrictJSON
from fieldservice.features import FEATURES
from fieldservice.web import install as install_web

#: what must work on data this program cannot use: it replaces them, or only looks at a folder
UNGUARDED = ("restore", "verify")
#: modules of a feature that take their places by being imported
PARTS = ("views", "api", "listeners", "exceptions", "moments", "tasks", "cli")


def create_app(settings: Mapping[str, object] | None = None) -> Flask:
    """The application. `settings` win over the environment; keys of Flask (`TESTING`) pass through."""
    given: dict[str, Any] = dict(settings or {})
    app = Flask(__name__, static_folder=None, template_folder="../templates")
    app.json = StrictJSON(app)
    app.config.update(given)
    app.config.update(config.read_settings(**given))
    app.config["SECRETS"] = secrets_file.load_or_make(app.config["DATA_DIR"])
    _import_models()
    db.init_app(app, config.database_url(app.config))
    i18n.init_app(app)
    start.install(app)
    install_web(app)
    app.cli.add_command(start.guarded(queue.worker))
    app.cli.add_command(start.guarded(search.search))
    for feature in FEATURES:
        _register(app, feature)
    for name, command in commands.fieldservice.commands.items():
        if name not in UNGUARDED:
            start.guarded(command)
    app.cli.add_command(commands.fieldservice)
    return app


def import_all() -> None:
    """Everything `create_app` imports, without an application: a server does it once before its workers are forked."""
    _import_models()
    for feature in FEATURES:
        for part in PARTS:
            _part(feature, part)


def _import_models() -> None:
    for feature in FEATURES:
        _part(feature, "models")
        _part(feature, "synced")
        _part(feature, "searched")


def _register(app: Flask, feature: str) -> None:
    for part in ("views", "api"):
        module = _part(feature, part)
        if module:
            app.register_blueprint(module.blueprint)
    for part in PARTS:
        _part(feature, part)
    commands = _part(feature, "cli")
    if commands:
        for command in commands.COMMANDS:
            app.cli.add_command(command if command.name in UNGUARDED else start.guarded(command))


@cache
def _part(feature: str, part: str) -> Any:
    name = f"fieldservice.{feature}.{part}"
    return import_module(name) if find_spec(name) else None
