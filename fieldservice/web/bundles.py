"""Scripts of the technician app that are always needed together travel as one file, as `static/js/bundles.json` says.

The sources stay modules of one noun each. A joined file holds every module in a function of its own, so their private
names cannot meet, and hands on what each exports; imports among them become plain references. The scripts are ours and
keep to a few forms of import and export (tests hold them to it); any other form is refused here, when the server starts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_IMPORT = re.compile(r"^import\s+(?:\{(?P<names>[\w,\s]*)\}\s+from\s+)?'(?P<source>[^']+)';[ \t]*\n", re.M)
_EXPORT = re.compile(r"^export (?=(?P<kind>(?:async )?function|const|class) (?P<name>\w+))", re.M)
_OTHER_FORM = re.compile(r"^(?:import|export)\b(?!\()", re.M)
_AWAIT = re.compile(r"^(?:await|for await)\b", re.M)


@dataclass(frozen=True)
class _Module:
    """One source: the names it imports by module, what it exports, and the rest of its text."""

    imports: dict[str, set[str]]
    exports: list[str]
    body: str


def joined(scripts: dict[str, str], plan: dict[str, list[str]]) -> dict[str, str]:
    """The scripts with the modules of `plan` (bundle → its modules, names without 'js/') replaced by their bundles.

    Raises ValueError for a module that is missing, stands in two bundles or is written in a form that cannot be joined.
    """
    home = {member: bundle for bundle, members in plan.items() for member in members}
    if len(home) != sum(map(len, plan.values())):
        raise ValueError("a module stands in two bundles")
    alone = {name: text for name, text in scripts.items() if name.removeprefix("js/") not in home}
    bundles = {f"js/{bundle}": _bundle(scripts, members) for bundle, members in plan.items()}
    return {name: _pointed(text, home) for name, text in (alone | bundles).items()}


def _bundle(scripts: dict[str, str], members: list[str]) -> str:
    modules = {name: _parsed(name, scripts[f"js/{name}"]) for name in members}
    outside: dict[str, set[str]] = {}
    for module in modules.values():
        for source, names in module.imports.items():
            if source.removeprefix("#app/") not in modules:
                outside.setdefault(source, set()).update(names)
    _refuse_doubles(modules, outside)
    head = [_import(source, names) for source, names in outside.items()]
    return "\n".join([*head, *(_wrapped(module) for module in _in_order(modules))])


def _parsed(name: str, text: str) -> _Module:
    imports: dict[str, set[str]] = {}
    for match in _IMPORT.finditer(text):
        names = {part.strip() for part in (match["names"] or "").split(",") if part.strip()}
        if renamed := [part for part in names if " " in part]:
            raise ValueError(f"js/{name} cannot be joined: it imports {renamed[0]!r}")
        imports.setdefault(match["source"], set()).update(names)
    exports = [match["name"] for match in _EXPORT.finditer(text)]
    body = _EXPORT.sub("", _IMPORT.sub("", text))
    if found := _OTHER_FORM.search(body) or _AWAIT.search(body):
        raise ValueError(f"js/{name} cannot be joined: {body[found.start() :][:60]!r}")
    return _Module(imports, exports, body)


def _refuse_doubles(modules: dict[str, _Module], outside: dict[str, set[str]]) -> None:
    """What the file knows by one name is one thing."""
    known = [name for names in outside.values() for name in names]
    known += [name for module in modules.values() for name in module.exports]
    if doubles := {name for name in known if known.count(name) > 1}:
        raise ValueError(f"one name for several things in a bundle: {', '.join(sorted(doubles))}")


def _import(source: str, names: set[str]) -> str:
    return f"import {{ {', '.join(sorted(names))} }} from '{source}';" if names else f"import '{source}';"


def _in_order(modules: dict[str, _Module]) -> Iterator[_Module]:
    """What is imported stands before who imports it. Raises ValueError for a circle."""
    done: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"modules import each other: {' → '.join([*above, name])}")
        if name in done:
            return
        for source in modules[name].imports:
            if source.removeprefix("#app/") in modules:
                visit(source.removeprefix("#app/"), (*above, name))
        done.append(name)

    for name in modules:
        visit(name, ())
    return (modules[name] for name in done)


def _wrapped(module: _Module) -> str:
    names = ", ".join(module.exports)
    if not names:
        return f"(() => {{\n{module.body}\n}})();"
    return f"export const {{ {names} }} = (() => {{\n{module.body}\nreturn {{ {names} }};\n}})();"


def _pointed(text: str, home: dict[str, str]) -> str:
    """Imports of a joined module lead to its bundle."""
    return re.sub(r"'#app/([\w/.-]+\.js)'", lambda match: f"'#app/{home.get(match[1], match[1])}'", text)
