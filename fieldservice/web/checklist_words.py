"""Words for the codes of checklists: phases, kinds of step, facts, what is wrong with a draft."""

import re
from typing import Any

from fieldservice.core import i18n
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.web.job_words import NEEDS, TYPES

#: the phone has the same in `screens/checklist/visit-words.js`
PHASES = {
    "departure": _l("Prepare"), "door": _l("At the door"), "during": _l("At work"), "leaving": _l("Leaving"),
    "base": _l("Back at base"),
}

KINDS = {
    "confirm": _l("Do it"), "say": _l("Say it"), "choose": _l("Choose an answer"), "number": _l("Measure or count"),
    "text": _l("Write it down"), "photo": _l("Take photos"), "photo_pair": _l("Photos before and after"),
    "signature": _l("Sign-off by the customer"),
}

KIND_HINTS = {
    "confirm": _l("Something to do: done, or why not."),
    "say": _l("Words to read aloud or to show, with name, number and amount in them."),
    "choose": _l("A question with two to twelve answers; an answer can ask for details."),
    "number": _l("A number with a unit, limits and a warning if it is unusual."),
    "text": _l("A few sentences from the technician."),
    "photo": _l("One or more photos of one thing."),
    "photo_pair": _l("The same view before the work and after it."),
    "signature": _l("The customer reads what was found and done, signs and rates."),
}

KIND_ICONS = {
    "confirm": "square-check", "say": "volume-2", "choose": "list-checks", "number": "ruler", "text": "pen-line",
    "photo": "camera", "photo_pair": "camera", "signature": "signature",
}

SHEETS = {
    "": _l("Not shown"), "found": _l("What was found"), "done": _l("What was done"), "result": _l("Results"),
}

#: values a script may hold, as they are named in the editor: in the language of the script
PLACEHOLDERS = {
    "address_form": _l("form of address"), "customer": _l("customer"), "technician": _l("technician"),
    "badge_no": _l("badge number"), "visit_type": _l("kind of visit"), "amount": _l("amount"), "branch": _l("branch"),
}

FACTS: dict[tuple[str, Any], Any] = {
    ("charge", True): _l("The customer is asked for money"),
    ("charge", False): _l("The customer is not asked for money"),
    ("under_warranty", True): _l("Under warranty"),
    ("under_warranty", False): _l("Not under warranty"),
    ("stops_supply", True): _l("The work stops water, heat or gas"),
    ("stops_supply", False): _l("The work stops neither water nor heat nor gas"),
}

#: what `checklists.content` finds
FAULTS = {
    "shape_bad": _l("This cannot be used as it is. Enter it again."),
    "format_unknown": _l("This checklist was written for another version of the product. Begin a new draft."),
    "no_items": _l("There is no step yet. Add the first one."),
    "too_many": _l("These are too many: a checklist has at most 100 steps and 30 phrases, a step at most 5 conditions."),
    "type_unknown": _l("Choose the kind of step."),
    "phase_unknown": _l("Choose the phase."),
    "phase_order": _l("This stands behind a step of a later phase. Move it."),
    "key_bad": _l("This was brought in wrongly. Delete it and add it again."),
    "key_twice": _l("This was brought in twice. Delete one of the two."),
    "words_missing": _l("Words are missing here."),
    "text_too_long": _l("This text is too long."),
    "placeholder_unknown": _l("What is between { and } is not known. Use the values listed below."),
    "sheet_bad": _l("Such a step cannot stand on the customer's sheet."),
    "condition_bad": _l("This answer cannot be given, so the step would never be asked. Choose another condition."),
    "condition_unknown": _l("The step this depends on is gone. Choose another condition, or none."),
    "condition_later": _l("The step this depends on comes later. Move one of the two, or choose another condition."),
    "number_bad": _l("This number cannot be used here."),
    "limits_crossed": _l("The limits are crossed. Their order is: least, warn below, warn above, most."),
    "options_too_few": _l("At least two answers are needed."),
    "options_too_many": _l("At most 12 answers are possible."),
    "slot_unknown": _l("Choose what the photo is for."),
    "amount_needs_charge": _l("The script names the amount. Ask this step only if the customer is asked for money."),
    "signature_twice": _l("There is a sign-off already. One is enough."),
    "signature_elsewhere": _l("The sign-off belongs to the phase “Leaving”."),
    "after_signature": _l("The customer signs this too, but it comes after the sign-off. Move it before."),
}  # fmt: skip

_BRACES = re.compile(r"\{([^{}]*)\}")


def fault_words(code: str) -> str:
    """The sentence for a fault; an unknown one is shown as it is."""
    return str(FAULTS.get(code, code))


def fact_words(fact: str, value: Any) -> str:
    """A condition on a fact of the job, as a sentence begins."""
    if fact == "special_needs":
        return i18n.gettext("With special needs: %(need)s", need=NEEDS.get(value, value))
    if fact == "job_type":
        return i18n.gettext("Kind of visit: %(kind)s", kind=TYPES.get(value, value))
    return str(FACTS.get((fact, value), f"{fact} {value}"))


def placeholder_names(language: str) -> dict[str, str]:
    """The values a script may hold → what they are called in a language."""
    with i18n.speaking(language):
        return {key: str(name) for key, name in PLACEHOLDERS.items()}


def shown_script(text: str, language: str) -> str:
    """A script as people read it: `{badge_no}` becomes `{badge number}` in its language."""
    names = placeholder_names(language)
    return _BRACES.sub(lambda found: f"{{{names.get(found[1], found[1])}}}", text)


def kept_script(text: str) -> str:
    """A script as it is kept, whatever language its values are named in."""
    keys = {
        name.casefold(): key
        for language in i18n.LANGUAGES
        for key, name in placeholder_names(language).items()
    }
    return _BRACES.sub(lambda found: f"{{{keys.get(found[1].strip().casefold(), found[1])}}}", text)


def helpers() -> dict[str, Any]:
    """What templates call: `phase_word('door')`, `kind_word('say')`; an unknown code is shown as it is."""
    lists = {"phase": PHASES, "step_kind": KINDS, "step_hint": KIND_HINTS, "sheet": SHEETS}
    return {
        **{f"{name}_word": _reader(words) for name, words in lists.items()},
        "step_icon": lambda code: KIND_ICONS.get(code, "circle-help"),
        "fault_words": fault_words,
        "shown_script": shown_script,
    }


def _reader(words: dict[str, Any]) -> Any:
    return lambda code: words.get(code, code)
