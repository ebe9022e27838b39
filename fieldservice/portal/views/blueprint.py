"""The blueprint of the feature's pages."""

from flask import Blueprint

from fieldservice.portal.icons import icon_inline

blueprint = Blueprint("portal", __name__)
blueprint.record_once(lambda state: state.app.jinja_env.globals.update(icon_inline=icon_inline))
