"""The feature's blueprints: pages of the desk, and those behind links, which answer errors in their own frame."""

from flask import Blueprint

from fieldservice.portal import gateways
from fieldservice.portal.icons import icon_inline

blueprint = Blueprint("portal", __name__)
blueprint.record_once(lambda state: state.app.jinja_env.globals.update(icon_inline=icon_inline))

blueprint.record_once(lambda state: gateways.set_up(state.app))

#: what customers open
pages = Blueprint("pages", __name__)
