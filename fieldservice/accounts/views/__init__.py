"""Pages of accounts: signing in, own password, sessions and devices; people and their phones for the administrator."""

from fieldservice.accounts import sessions
from fieldservice.accounts.views import sign_in
from fieldservice.accounts.views.blueprint import blueprint

__all__ = ["blueprint", "sign_in"]

blueprint.record_once(lambda state: sessions.install(state.app))
