"""Flask plumbing that every page shares: default deny, CSRF, headers, errors, assets, template helpers."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from fieldservice.web import (
    access,
    assets,
    csrf,
    error_pages,
    headers,
    language,
    lingering,
    logging,
    notices,
    templating,
    tus,
)


def install(app: Flask) -> None:
    """Puts the plumbing in, in the order a request meets it."""
    if app.config["PROXIES"]:
        hops = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.wsgi_app = tus.take_method_from_header(app.wsgi_app, "/api/uploads")  # type: ignore[method-assign,assignment]
    app.wsgi_app = lingering.read_the_rest(app.wsgi_app)  # type: ignore[method-assign,assignment]
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    app.config["MAX_FORM_MEMORY_SIZE"] = 512 * 1024
    logging.install(app)
    assets.install(app)
    access.install(app)
    csrf.install(app)
    headers.install(app)
    error_pages.install(app)
    notices.install(app)
    language.install(app)
    templating.install(app)
