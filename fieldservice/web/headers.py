"""Headers of every answer: content security policy, no sniffing, no framing, our own echo for phones."""

import re
import secrets

from flask import Flask, Response, current_app, g, request

NONCE_HEADER = "X-Fieldservice-Nonce"
ECHO_HEADER = "X-Fieldservice"
_NONCE = re.compile(r"[0-9a-f]{16}\Z")


def install(app: Flask) -> None:
    """Adds the headers after every request, errors too."""
    app.after_request(_add)


def script_nonce() -> str:
    """The nonce of this page's inline import map."""
    if "script_nonce" not in g:
        g.script_nonce = secrets.token_urlsafe(16)
    nonce: str = g.script_nonce
    return nonce


def _add(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", _policy())
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(self), geolocation=(self), microphone=()"
    response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    nonce = request.headers.get(NONCE_HEADER, "")
    if _NONCE.match(nonce):
        response.headers[ECHO_HEADER] = nonce
        response.headers["X-Fieldservice-Build"] = current_app.extensions["assets"].build
    return response


def _policy() -> str:
    nonce = g.get("script_nonce")
    script = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    return policy(script, tiles=current_app.config["MAP_TILES"])


def policy(script: str, *, tiles: str = "", own_pictures: bool = False) -> str:
    """The policy text; `script` is the list of script sources, `tiles` an address of map tiles to allow.

    `own_pictures`: the page may show pictures out of its own memory, as photos that are only on the phone.
    """
    pictures = "'self' data:" + (" blob:" if own_pictures else "") + (f" {_origin(tiles)}" if tiles else "")
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {script}",
            "style-src 'self'",
            "style-src-attr 'unsafe-inline'",
            f"img-src {pictures}",
            "connect-src 'self'",
            "font-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types lit-html htmx leaflet fieldservice",
        )
    )


def _origin(address: str) -> str:
    """Scheme and host of a tile address; {s} becomes a wildcard."""
    found = re.match(r"(https?)://([^/]+)", address)
    return f"{found[1]}://{re.sub(r'^{s}', '*', found[2])}" if found else ""
