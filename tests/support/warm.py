"""What one application of the tests has worked out is kept for the next one, as a served process keeps it for hours.

Each test has an application of its own, and by itself each would compile every address, template and statement
anew: three quarters of all the time of the tests. Kept is only what the source alone decides, never data or settings.
"""

import gc
from collections.abc import Callable
from typing import Any

import jinja2
import sqlalchemy as sa
from flask import Flask
from jinja2.bccache import Bucket
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

OBJECTS_BETWEEN_COLLECTIONS = 50_000
STATEMENTS = 5_000

#: by name of the dialect: the dialect, which the keys of compiled statements name, and these statements
_compiled: dict[str, tuple[sa.Dialect, LRUCache[object, object]]] = {}


def keep_warm(app: Flask) -> None:
    """Give the application what earlier ones compiled, and keep what it compiles."""
    from fieldservice.core.db import db

    app.jinja_env.bytecode_cache = _templates
    with app.app_context():
        _share_statements(db.engine)


def keep_addresses() -> None:
    """From now on, read the pattern of an address once for each rule, not once for each application."""
    compile_rule: Callable[[Rule], None] = Rule.compile
    read: dict[object, dict[str, Any]] = {}

    def find(rule: Rule) -> None:
        # all that goes into what is compiled
        key = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, repr(rule.defaults))
        if key not in read:
            compile_rule(rule)
            read[key] = {name: vars(rule)[name] for name in ("_parts", "_trace", "_converters", "arguments")} | {
                name: vars(rule)[name].__func__ for name in ("_build", "_build_unknown")
            }
            return
        found = read[key]
        for name in ("_parts", "_trace", "_converters", "arguments"):
            setattr(rule, name, found[name].copy())
        for name in ("_build", "_build_unknown"):
            setattr(rule, name, found[name].__get__(rule, None))

    Rule.compile = find  # type: ignore[method-assign]


def collect_seldom() -> None:
    """Thousands of tests leave millions of objects; Python looks through them seldom enough to get on."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 20, 50)


class _Templates(jinja2.BytecodeCache):
    """Compiled templates in memory; jinja2 compares their source itself."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if compiled := self._compiled.get(bucket.key):
            bucket.bytecode_from_string(compiled)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


_templates = _Templates()


def _share_statements(engine: sa.Engine) -> None:
    """Statements are shared from the first connection on: only then the dialect knows its server."""
    name = engine.dialect.name

    def adopt(*_connection: object) -> None:
        _compiled.setdefault(name, (engine.dialect, LRUCache(STATEMENTS)))
        engine.dialect, engine._compiled_cache = _compiled[name]

    if name in _compiled:
        adopt()
    else:
        sa.event.listen(engine, "connect", adopt)
