"""Pages of accounts: signing in, own password, sessions and devices; people and their phones for the administrator."""

from fieldservice.accounts import sessions
from fieldservice.accounts.views import devices, landing, own, people, phone, sign_in
from fieldservice.accounts.views.blueprint import blueprint
from fieldservice.accounts.words import app_word, browser_words
from fieldservice.web.role_words import role_word, role_words

__all__ = ["blueprint", "devices", "landing", "own", "people", "phone", "sign_in"]

blueprint.record_once(lambda state: sessions.install(state.app))
for words in (app_word, browser_words, role_word, role_words):
    blueprint.add_app_template_global(words)
