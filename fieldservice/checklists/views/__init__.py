"""Pages of checklists: what is in force, their versions, drafts and how a draft comes into force."""

from fieldservice.checklists.views import drafts, phrases, preview, publishing, steps, templates
from fieldservice.checklists.views.base import blueprint

__all__ = ["blueprint", "drafts", "phrases", "preview", "publishing", "steps", "templates"]
