"""A step that was done, or why not."""

from fieldservice.checklists.items.base import YesOrWhyNot


class Confirm(YesOrWhyNot):
    """`{"done": true}` or `{"done": false, "why": "…"}`."""

    kind = "confirm"
    key = "done"
    yes_words = {"zh": "已做", "en": "Done"}
