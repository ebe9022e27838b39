"""The stream of changes."""

from flask import Response, current_app, request

from fieldservice.core.permissions import needs
from fieldservice.dispatch import live
from fieldservice.dispatch.views.blueprint import blueprint
from fieldservice.web.access import note_automatic_request


@blueprint.get("/events")
@needs("desk.read")
def events() -> Response:
    """Server-sent events: the version counter whenever it has moved on."""
    note_automatic_request()
    poller: live.Poller = current_app.extensions["live"]
    lines = live.stream(poller, known=_known_version(), build=current_app.extensions["assets"].build)
    # X-Accel-Buffering: a proxy in front must not hold the lines back
    return Response(lines, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _known_version() -> int:
    """The last version the page knows of: said by the browser on reconnecting, else by the page."""
    text = request.headers.get("Last-Event-ID") or request.args.get("since", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
