"""Pages behind links, and what the desk does with links and words of customers."""

from fieldservice.portal.views import badge, customer, desk, signing, sms, telling
from fieldservice.portal.views.blueprint import blueprint, pages

__all__ = ["badge", "blueprint", "customer", "desk", "signing", "sms", "telling"]

blueprint.register_blueprint(pages)
