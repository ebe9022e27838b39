"""The blueprint of all pages of the chain, and the words its templates use."""

from flask import Blueprint

from fieldservice.audit.words import kind_words, trouble_words

blueprint = Blueprint("audit", __name__)
blueprint.app_context_processor(lambda: {"chained_words": kind_words, "head_trouble": trouble_words})
