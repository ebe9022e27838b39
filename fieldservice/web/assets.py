"""Static files under an immutable build address, our own scripts and styles joined and shrunk once at start.

The build is the hash of everything a page may load: `static/`, the shell template, the catalogues and the import map.
`/static/<build>/…` of another build is 404, never today's file: a page and its modules always fit together.
"""

import hashlib
import json
import mimetypes
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import brotli
import deflate
from flask import Flask, Response, abort, current_app, request

from fieldservice.core.permissions import public
from fieldservice.web import bundles
from fieldservice.web.catalogues import catalogue_modules
from fieldservice.web.js_messages import messages_of, numbered

ROOT = Path(__file__).resolve().parents[2]
#: of libdeflate: 3 % smaller than the strongest of zlib, and still quick
_STRONGEST = 12
_TEXT = ("text/", "application/json", "image/svg+xml")


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    content: bytes
    mimetype: str

    @cached_property
    def zipped(self) -> bytes | None:
        """As gzip; None: no smaller. Made when first asked for."""
        if not self.mimetype.startswith(_TEXT):
            return None
        zipped = bytes(deflate.gzip_compress(self.content, _STRONGEST))
        return zipped if len(zipped) < len(self.content) else None

    @cached_property
    def dense(self) -> bytes:
        """As Brotli, which every browser takes over TLS: a tenth less than gzip. Made when first asked for."""
        return bytes(brotli.compress(self.content, mode=brotli.MODE_TEXT, quality=11))

    def encoded(self, accepts: Callable[[str], float]) -> tuple[bytes, str]:
        """The content as the other side takes it, and the name of the encoding ('': as it is)."""
        if self.zipped and accepts("br"):
            return self.dense, "br"
        return (self.zipped, "gzip") if self.zipped and accepts("gzip") else (self.content, "")


class Assets:
    """All files of one build, in memory (well under 2 MB)."""

    def __init__(self, pseudo: bool) -> None:
        contents = _read_static(pseudo)
        self.build = _hash(contents)
        contents["precache.json"] = b""  # filled below: it names the build
        self.importmap = json.dumps(
            {"imports": {"#app/": f"/static/{self.build}/js/", "#vendor/": f"/static/{self.build}/vendor/"}},
            separators=(",", ":"),
        )
        contents["precache.json"] = json.dumps(self._precache(contents)).encode()
        self.files = {name: _asset(name, content) for name, content in contents.items()}

    @property
    def importmap_hash(self) -> str:
        """Source expression of the import map for the policy of the cached shell."""
        digest = hashlib.sha256(self.importmap.encode()).digest()
        return f"'sha256-{b64encode(digest).decode()}'"

    def url(self, name: str) -> str:
        """Address of `name`, e.g. 'css/desk.css'. Raises KeyError for a file that is not there."""
        if name not in self.files:
            raise KeyError(f"no such static file: {name}")
        return f"/static/{self.build}/{name}"

    def needed_by(self, name: str) -> list[str]:
        """Addresses of script `name` and of all it imports: a page asks for them at once, not one after another."""
        found = [name]
        for one in found:
            found += [other for other in _imported(self.files[one].content.decode()) if other not in found]
        return [self.url(one) for one in found]

    def _precache(self, contents: dict[str, bytes]) -> dict[str, object]:
        """What the technician app may ever ask for: loaded whole before its worker takes over."""
        urls = [f"/static/{self.build}/{name}" for name in sorted(contents) if _belongs_to_phone(name)]
        return {"build": self.build, "shell": f"/app/shell?build={self.build}", "urls": urls}


_INDENT = re.compile(r"\n[ \t]+")
_IMPORT = re.compile(r"""(?:from|import)\s*"#(app|vendor)/([\w/.-]+)"(?!\))""")


def _imported(script: str) -> list[str]:
    """Names of the files a shrunk script imports from its first line on (not those it fetches when needed)."""
    return list(
        dict.fromkeys(f"{'js' if root == 'app' else root}/{path}" for root, path in _IMPORT.findall(script))
    )


#: scripts of these are the phone's; a page of the desk that needs one gets a copy of its own
_JOINED_FOLDERS = tuple(f"js/{name}/" for name in ("core", "rules", "store", "sync", "device", "ui", "screens"))
_PHONE_FOLDERS = ("js/phone/", "i18n/", "icons/")
_PHONE_FILES = (
    "js/ui/early.js",
    "css/phone.css",
    "vendor/lit.js",
    "vendor/idb.js",
    "vendor/signature_pad.js",
    "icons.svg",
)


def _belongs_to_phone(name: str) -> bool:
    return name in _PHONE_FILES or name.startswith(_PHONE_FOLDERS)


def _read_static(pseudo: bool) -> dict[str, bytes]:
    static = ROOT / "static"
    found = {
        path.relative_to(static).as_posix(): path.read_bytes()
        for path in sorted(static.rglob("*"))
        if path.is_file() and path.suffix not in (".md", ".ts")
    }
    found |= _bundles(found)
    found = joined_scripts(found)
    messages = _messages(found)
    numbers = {message: number for number, message in enumerate(messages)}
    scripts = {name: numbered(text.decode(), numbers).encode() for name, text in found.items() if _is_own_script(name)}
    shrunk = {name: _shrunk(name, content) for name, content in (found | scripts).items()}
    return shrunk | catalogue_modules(messages, pseudo=pseudo)


def _messages(found: dict[str, bytes]) -> list[str]:
    """What the scripts say, in English, each once; those of the phone first, whose numbers are the shorter ones then."""
    own = sorted((name for name in found if _is_own_script(name)), key=lambda name: (not _belongs_to_phone(name), name))
    return list(dict.fromkeys(message for name in own for _line, message in messages_of(found[name].decode(), name)))


def _shrunk(name: str, content: bytes) -> bytes:
    """Without comments and blanks: they are half of our scripts. What is vendored is as its maker sends it.

    A line of a template keeps its end, which is a blank between two elements, and loses how far it stands in.
    """
    kind = mimetypes.guess_type(name)[0] or ""
    if name.startswith("vendor/") or kind not in ("text/javascript", "text/css"):
        return content
    # Here, not above: its library starts threads of its own when it is loaded, and a process forked after that waits for
    # them for ever. gunicorn imports the product before it forks its workers.
    import minify

    return minify.string(kind, _INDENT.sub("\n", content.decode())).encode()


def _bundles(found: dict[str, bytes]) -> dict[str, bytes]:
    """Style sheets joined as `css/bundles.json` says: one request a page."""
    plan = json.loads(found.get("css/bundles.json", b"{}"))
    return {f"css/{name}": b"\n".join(found[f"css/{part}"] for part in parts) for name, parts in plan.items()}


def joined_scripts(found: dict[str, bytes]) -> dict[str, bytes]:
    """Scripts joined as `js/bundles.json` says; the plan itself is of no use to a browser."""
    plan = json.loads(found.pop("js/bundles.json"))
    scripts = {name: found.pop(name).decode() for name in list(found) if _is_own_script(name)}
    planned = {f"js/{member}" for members in plan.values() for member in members}
    if lost := [name for name in scripts if name.startswith(_JOINED_FOLDERS) and name not in planned | {*_PHONE_FILES}]:
        raise ValueError(f"stands in no bundle of js/bundles.json: {lost[0]}")
    return found | {name: text.encode() for name, text in bundles.joined(scripts, plan).items()}


def _is_own_script(name: str) -> bool:
    return name.startswith("js/") and name.endswith(".js") and not name.startswith("js/sw/")


def _hash(contents: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(contents):
        digest.update(name.encode() + b"\0" + hashlib.sha256(contents[name]).digest())
    shell = ROOT / "templates" / "app" / "shell.html"
    digest.update(shell.read_bytes() if shell.exists() else b"")
    return digest.hexdigest()[:12]


def _asset(name: str, content: bytes) -> Asset:
    return Asset(content, mimetypes.guess_type(name)[0] or "application/octet-stream")


@cache
def _assets(pseudo: bool) -> Assets:
    """Read once a process, however many applications it makes (tests make hundreds)."""
    return Assets(pseudo)


def install(app: Flask) -> None:
    """Reads the files and serves them."""
    app.extensions["assets"] = _assets(app.config["PSEUDO_LANGUAGE"])
    app.add_url_rule("/static/<build>/<path:name>", "static", serve)


@public
def serve(build: str, name: str) -> Response:
    """One file of the present build; any other build is gone."""
    assets: Assets = current_app.extensions["assets"]
    asset = assets.files.get(name)
    if build != assets.build or asset is None:
        abort(404)
    content, encoding = asset.encoded(request.accept_encodings.quality)
    response = Response(content, mimetype=asset.mimetype)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Vary"] = "Accept-Encoding"
    if encoding:
        response.headers["Content-Encoding"] = encoding
    return response
