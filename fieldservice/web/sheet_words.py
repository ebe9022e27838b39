"""Words for the codes of signed sheets: kinds, outcomes, who signed, languages."""

from fieldservice.core.i18n import lazy_gettext as _l

KINDS = {"sign_off": _l("Sign-off"), "agreement": _l("Agreement to charges")}
OUTCOMES = {
    "signed": _l("Signed by the customer"), "refused": _l("Refused to sign"), "absent": _l("Nobody there to sign"),
    "neighbour": _l("Witnessed by a neighbour"), "paper": _l("Signed on paper"),
}  # fmt: skip
ROLES = {
    "customer": _l("the customer"), "family": _l("family"), "tenant": _l("tenant"),
    "property": _l("property management"), "neighbour": _l("neighbour"), "other": _l("other person"), "": "",
}  # fmt: skip
WEAK = _l("Weak mark: fewer than 20 points, or smaller than a twentieth of the field. It counts, but by itself it tells "
          "little about who made it; what the customer confirms by the link tells more.")  # fmt: skip
LANGUAGES = {"zh": _l("in Chinese"), "en": _l("in English")}
