"""Pages of accounts: signing in, own password, sessions and devices; people and their phones for the administrator."""

from flask import Blueprint

from fieldservice.accounts import sessions

blueprint = Blueprint("accounts", __name__)
blueprint.record_once(lambda state: sessions.install(state.app))
