"""What every template can use: words, times in a branch's zone, icons, addresses of assets, the person."""

from typing import Any

from flask import Flask, current_app, g, request
from markupsafe import Markup

from fieldservice.core import clock, i18n, money
from fieldservice.web import case_words, csrf, headers, listing, navigation, panels
from fieldservice.web.assets import Assets
from fieldservice.web.masks import mask_phone
from fieldservice.web.words import reason_words


def install(app: Flask) -> None:
    """Registers filters and globals."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        yuan=money.yuan, sum_words=i18n.sum_words, day=i18n.day, full_date=i18n.full_date, masked_phone=_masked_phone
    )
    app.jinja_env.globals.update(
        here_with=listing.here_with, panels=panels.panels, marks=panels.marks, **case_words.helpers()
    )
    app.context_processor(_globals)


def _masked_phone(phone: str) -> str:
    """The number as far as everybody may see it; in words when there is none."""
    return mask_phone(phone) if phone else i18n.gettext("no phone yet")


def _globals() -> dict[str, Any]:
    return {
        "asset": _assets().url,
        "build": _assets().build,
        "importmap": Markup(_assets().importmap),  # noqa: S704 - our own JSON of addresses
        "script_nonce": headers.script_nonce,
        "csrf_field": _csrf_field,
        "csrf_token": csrf.token,
        "icon": icon,
        "mark": mark,
        "person": g.get("person"),
        "can": _can,
        "html_lang": i18n.language_tag(),
        "language": i18n.chosen_language(),
        "reason_words": reason_words,
        "rail": navigation.rail,
        "account_links": navigation.account_links,
        "sign_out_address": navigation.sign_out_address,
        "clock_time": i18n.clock_time,
        "day_and_time": i18n.day_and_time,
        "window_text": i18n.window,
        "now": clock.now,
        "here": request.full_path.rstrip("?"),
    }


def _assets() -> Assets:
    found: Assets = current_app.extensions["assets"]
    return found


def _can(permission: str) -> bool:
    person = g.get("person")
    return person is not None and person.can(permission)


def _csrf_field() -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(csrf.FIELD, csrf.token())


def icon(name: str) -> Markup:
    """A line icon of the sprite; the word beside it is what a screen reader says."""
    return Markup('<svg class="i" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        _assets().url("icons.svg"), name
    )


#: the mark (a plank being laid) of each state of a job
_MARKS = {
    "unassigned": "unassigned",
    "assigned": "assigned",
    "accepted": "accepted",
    "en_route": "enroute",
    "arrived": "arrived",
    "working": "working",
    "finished": "done",
    "unfinished": "paused",
    "absent": "paused",
    "cancelled": "cancelled",
}


def mark(state: str) -> Markup:
    """The plank of a job's state."""
    name = _MARKS[state]
    return Markup('<svg class="mark mark-{0}" aria-hidden="true"><use href="{1}#m-{0}"/></svg>').format(
        name, _assets().url("icons.svg")
    )
