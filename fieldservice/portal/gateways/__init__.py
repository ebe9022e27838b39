"""Ways to send a customer a text message; none is set by itself, and then nothing is offered that needs one."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, current_app

from fieldservice.portal.gateways.base import Gateway, NotSent
from fieldservice.portal.gateways.webhook import Webhook

__all__ = ["GATEWAYS", "BadGateway", "Gateway", "NotSent", "gateway", "set_up"]


class BadGateway(ValueError):
    """A setting of the gateway cannot be used; the message says which and why."""


#: what SMS_GATEWAY may name
GATEWAYS: dict[str, type[Gateway]] = {"webhook": Webhook}


def set_up(app: Flask) -> None:
    """Makes the one that is set; a setting that cannot be used is told at start, not by the first customer."""
    app.extensions["sms_gateway"] = _made(app.config)


def gateway() -> Gateway | None:
    """The one that is set; None: none is."""
    found: Gateway | None = current_app.extensions["sms_gateway"]
    return found


def _made(settings: Mapping[str, Any]) -> Gateway | None:
    name = settings["SMS_GATEWAY"]
    if not name:
        return None
    if name not in GATEWAYS:
        raise BadGateway(f"FIELDSERVICE_SMS_GATEWAY={name!r}: expected one of {', '.join(GATEWAYS)}, or nothing")
    try:
        return GATEWAYS[name].of(settings)
    except ValueError as error:
        raise BadGateway(f"FIELDSERVICE_{error}") from error
