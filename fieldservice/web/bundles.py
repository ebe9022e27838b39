"""Scripts of the technician app travel as few files, as `static/js/bundles.json` says.

The sources stay modules of one noun each. A joined file holds every module in a function of its own, so their private
names cannot meet, and all of them in one more: only what other files ask for keeps its name, the minifier shortens the
rest. The scripts are ours and keep to a few forms of import and export (tests hold them to it); any other form is refused
here, when the server starts.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_IMPORT = re.compile(r"^import\s+(?:\{(?P<names>[\w,\s]*)\}\s+from\s+)?'(?P<source>[^']+)';[ \t]*\n", re.M)
_EXPORT = re.compile(r"^export (?=(?P<kind>(?:async )?function|const|class) (?P<name>\w+))", re.M)
_OTHER_FORM = re.compile(r"^(?:import|export)\b(?!\()", re.M)
_AWAIT = re.compile(r"^(?:await|for await)\b", re.M)
#: fetched when needed; a type in a comment looks almost the same
_LATER = re.compile(r"(?<!typeof )\bimport\('(?P<source>#app/[\w/.-]+\.js)'\)(?!\.[A-Z])")
#: exports of ours that are called as something of the browser's: a module that means the browser's must not get ours
BROWSERS_OWN = frozenset({"Screen", "confirm", "status"})


@dataclass(frozen=True)
class _Module:
    """One source: the names it imports by module, what it exports, and the rest of its text."""

    imports: dict[str, list[str]]
    exports: list[str]
    body: str


#: names in a joined file by where they come from and what they are called there
_Names = dict[tuple[str, str], str]


def joined(scripts: dict[str, str], plan: dict[str, list[str]]) -> dict[str, str]:
    """The scripts with the modules of `plan` (bundle → its modules, names without 'js/') replaced by their bundles.

    Scripts outside the plan belong to other pages: what they import stays as it is as well, for them alone.
    Raises ValueError for a module that is missing, stands in two bundles or is written in a form that cannot be joined.
    """
    home = {f"#app/{member}": f"#app/{bundle}" for bundle, members in plan.items() for member in members}
    if len(home) != sum(map(len, plan.values())):
        raise ValueError("a module stands in two bundles")
    if missing := [_name(member) for member in home if _name(member) not in scripts]:
        raise ValueError(f"there is no {missing[0]}")
    modules = {member: _parsed(member, scripts[_name(member)]) for member in home}
    asked = _asked(modules, home)
    bundles = {
        f"js/{bundle}": _bundle({f"#app/{member}": modules[f"#app/{member}"] for member in members}, home, asked)
        for bundle, members in plan.items()
    }
    return _needed_by(scripts, [name for name in scripts if _address(name) not in home]) | bundles


def _name(address: str) -> str:
    return address.replace("#app/", "js/", 1)


def _address(name: str) -> str:
    return name.replace("js/", "#app/", 1)


def _needed_by(scripts: dict[str, str], names: Iterable[str]) -> dict[str, str]:
    """These scripts and all of ours they import."""
    found = dict.fromkeys(names)
    waiting = list(found)
    for name in waiting:
        sources = [match["source"] for form in (_IMPORT, _LATER) for match in form.finditer(scripts[name])]
        new = [other for other in map(_name, sources) if other in scripts and other not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    return {name: scripts[name] for name in found}


def _parsed(address: str, text: str) -> _Module:
    imports: dict[str, list[str]] = {}
    for match in _IMPORT.finditer(text):
        names = [part.strip() for part in (match["names"] or "").split(",") if part.strip()]
        if renamed := [part for part in names if " " in part]:
            raise ValueError(f"{_name(address)} cannot be joined: it imports {renamed[0]!r}")
        imports.setdefault(match["source"], []).extend(names)
    exports = [match["name"] for match in _EXPORT.finditer(text)]
    body = _EXPORT.sub("", _IMPORT.sub("", text))
    if found := _OTHER_FORM.search(body) or _AWAIT.search(body):
        raise ValueError(f"{_name(address)} cannot be joined: {body[found.start() :][:60]!r}")
    return _Module(imports, exports, body)


def _asked(modules: dict[str, _Module], home: dict[str, str]) -> set[tuple[str, str]]:
    """What has to keep its name: (module, name) imported by another bundle, and all of what is fetched when needed."""
    asked = set()
    for address, module in modules.items():
        for source, names in module.imports.items():
            if source in home and home[source] != home[address]:
                asked |= {(source, name) for name in names}
        for match in _LATER.finditer(module.body):
            if match["source"] not in home:
                raise ValueError(f"{_name(address)} cannot be joined: {match['source']} stands in no bundle")
            asked |= {(match["source"], name) for name in modules[match["source"]].exports}
    return asked


def _bundle(modules: dict[str, _Module], home: dict[str, str], asked: set[tuple[str, str]]) -> str:
    outside = {
        (home.get(source, source), name)
        for module in modules.values()
        for source, names in module.imports.items()
        if source not in modules
        for name in names or [""]
    }
    ours = [(address, name) for address, module in modules.items() for name in module.exports]
    names = _named([*sorted(one for one in outside if one[1]), *ours])
    shown = {name: names[address, name] for address, name in ours if (address, name) in asked}
    if len(shown) != sum(one in asked for one in ours):
        raise ValueError("one name for several things in what other files import")
    given = ", ".join(names[one] for one in sorted(outside) if one[1])
    made = ", ".join(f"{name}: {own}" for name, own in shown.items())
    lines = [
        *_imports(outside, names),
        f"{_exported(shown)}(({given}) => {{",
        *(_wrapped(address, modules, names, home) for address in _in_order(modules)),
        f"return {{ {made} }};" if made else "",
        f"}})({given});",
    ]
    return "\n".join(lines)


def _exported(shown: Iterable[str]) -> str:
    names = ", ".join(shown)
    return f"export const {{ {names} }} = " if names else ""


def _named(known: list[tuple[str, str]]) -> _Names:
    """What the file calls each of these: one name is one thing."""
    named: _Names = {}
    taken = set(BROWSERS_OWN)
    for source, name in known:
        own, number = name, 2
        while own in taken:
            own, number = f"{name}${number}", number + 1
        taken.add(own)
        named[source, name] = own
    return named


def _imports(outside: set[tuple[str, str]], names: _Names) -> Iterator[str]:
    for source in sorted({source for source, _name in outside}):
        parts = [(name, names[source, name]) for other, name in sorted(outside) if other == source and name]
        words = ", ".join(name if name == own else f"{name} as {own}" for name, own in parts)
        yield f"import {{ {words} }} from '{source}';" if words else f"import '{source}';"


def _in_order(modules: dict[str, _Module]) -> Iterator[str]:
    """What is imported stands before who imports it. Raises ValueError for a circle."""
    done: list[str] = []

    def visit(address: str, above: tuple[str, ...]) -> None:
        if address in above:
            raise ValueError(f"modules import each other: {' → '.join([*above, address])}")
        if address in done:
            return
        for source in modules[address].imports:
            if source in modules:
                visit(source, (*above, address))
        done.append(address)

    for address in modules:
        visit(address, ())
    return iter(done)


def _wrapped(address: str, modules: dict[str, _Module], names: _Names, home: dict[str, str]) -> str:
    """One module as a function: what it imports under another name than its own is named anew inside."""
    module = modules[address]
    used = [
        (name, names[source if source in modules else home.get(source, source), name])
        for source, imported in module.imports.items()
        for name in imported
    ]
    anew = "".join(f"const {name} = {own};\n" for name, own in used if name != own)
    body = anew + _LATER.sub(lambda match: f"import('{home[match['source']]}')", module.body)
    if not module.exports:
        return f"(() => {{\n{body}\n}})();"
    made = ", ".join(names[address, name] for name in module.exports)
    return f"const [{made}] = (() => {{\n{body}\nreturn [{', '.join(module.exports)}];\n}})();"
