"""The one blueprint of these pages."""

from flask import Blueprint

blueprint = Blueprint("accounts", __name__)
