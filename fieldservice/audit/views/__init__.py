"""The audit chain at the desk, histories, erasing; what is kept for a dispute, and what may not be kept longer."""

from fieldservice.audit.views import chain, holding, retention
from fieldservice.audit.views.blueprint import blueprint

__all__ = ["blueprint", "chain", "holding", "retention"]
