"""The one blueprint of dispatch."""

from flask import Blueprint

from fieldservice.dispatch import live
from fieldservice.web.job_words import helpers

blueprint = Blueprint("dispatch", __name__)
blueprint.record_once(lambda state: live.install(state.app))
blueprint.record_once(lambda state: state.app.jinja_env.globals.update(helpers()))
