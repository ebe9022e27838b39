"""Pages of people beside their account: portraits, and their planning."""

from fieldservice.people.views import branch, own, person, portraits, skills, week
from fieldservice.people.views.blueprint import blueprint

__all__ = ["blueprint", "branch", "own", "person", "portraits", "skills", "week"]
