"""The screens of `make pictures`: every page of the routes has its picture here, or the reason why it has none.

`tests/tools/test_pictures.py` compares this with the routes, so that a new screen without a picture is noticed.
"""

#: who opens it: a sample person's staff number, or '' for somebody without an account
ADMINISTRATOR, MANAGER, DISPATCHER, TECHNICIAN, NOBODY = "1000", "0101", "0102", "0217", ""

#: route → (picture, who opens it)
DESK: dict[str, tuple[str, str]] = {
    "/": ("home", DISPATCHER),
    "/board": ("board", DISPATCHER),
    "/day": ("day", DISPATCHER),
    "/jobs": ("jobs", DISPATCHER),
    "/jobs/new": ("job-new", DISPATCHER),
    "/jobs/<job_id>": ("job", DISPATCHER),
    "/jobs/<job_id>/edit": ("job-edit", DISPATCHER),
    "/jobs/<job_id>/assignment": ("job-assignment", DISPATCHER),
    "/jobs/<job_id>/placement": ("job-placement", DISPATCHER),
    "/jobs/<job_id>/window": ("job-window", DISPATCHER),
    "/jobs/<job_id>/cancellation": ("job-cancellation", DISPATCHER),
    "/jobs/<job_id>/restoration": ("job-restoration", DISPATCHER),
    "/jobs/<job_id>/closing": ("job-closing", DISPATCHER),
    "/jobs/<job_id>/reopening": ("job-reopening", DISPATCHER),
    "/jobs/<job_id>/photos/<evidence_id>/waiver": ("job-waiver", DISPATCHER),
    "/cases": ("cases", DISPATCHER),
    "/cases/<case_id>": ("case", DISPATCHER),
    "/words/<word_id>/answer": ("word-answer", DISPATCHER),
    "/customers": ("customers", DISPATCHER),
    "/customers/new": ("customer-new", DISPATCHER),
    "/customers/<customer_id>": ("customer", DISPATCHER),
    "/customers/<customer_id>/edit": ("customer-edit", DISPATCHER),
    "/customers/<customer_id>/sites/new": ("site-new", DISPATCHER),
    "/sites/<site_id>/edit": ("site-edit", DISPATCHER),
    "/sites/<site_id>/products/new": ("product-new", DISPATCHER),
    "/products/<product_id>/edit": ("product-edit", DISPATCHER),
    "/inbox": ("inbox", DISPATCHER),
    "/rescue": ("rescue", DISPATCHER),
    "/imports": ("imports", DISPATCHER),
    "/imports/<import_id>": ("import", DISPATCHER),
    "/checklists": ("checklists", ADMINISTRATOR),
    "/checklists/<template_id>": ("checklist", ADMINISTRATOR),
    "/checklists/versions/<version_id>": ("checklist-version", ADMINISTRATOR),
    "/checklists/versions/<version_id>/preview": ("checklist-preview", ADMINISTRATOR),
    "/checklists/versions/<version_id>/publishing": ("checklist-publishing", ADMINISTRATOR),
    "/checklists/versions/<version_id>/steps/new": ("checklist-step-new", ADMINISTRATOR),
    "/checklists/versions/<version_id>/steps/<key>": ("checklist-step", ADMINISTRATOR),
    "/checklists/versions/<version_id>/phrases/new": ("checklist-phrase-new", ADMINISTRATOR),
    "/checklists/versions/<version_id>/phrases/<key>": ("checklist-phrase", ADMINISTRATOR),
    "/people": ("people", ADMINISTRATOR),
    "/people/new": ("person-new", ADMINISTRATOR),
    "/people/<person_id>": ("person", ADMINISTRATOR),
    "/people/<person_id>/phone": ("person-phone", ADMINISTRATOR),
    "/branches": ("branches", ADMINISTRATOR),
    "/branches/new": ("branch-new", ADMINISTRATOR),
    "/branches/<branch_id>": ("branch", ADMINISTRATOR),
    "/devices": ("devices", ADMINISTRATOR),
    "/devices/<device_id>": ("device", ADMINISTRATOR),
    "/account": ("account", DISPATCHER),
    "/account/phone": ("account-phone", DISPATCHER),
    "/help": ("help", ADMINISTRATOR),
}

#: route → picture; without an account, as customers and visitors see them
PUBLIC: dict[str, str] = {
    "/sign-in": "sign-in",
    "/go/<token>": "one-time-link",
    "/c/<token>": "customer-page",
    "/c/<token>/visits/<job_id>/photos": "customer-photos",
    "/c/<token>/visits/<job_id>/signature": "customer-signature",
    "/b/<token>": "badge",
    "/c/": "link-gone",
}

#: the customer's page once more: while a sheet waits for the signature, and when it was given by the link
TO_SIGN, SIGNED = "to sign", "signed"
PUBLIC_AS_WELL: dict[str, str] = {TO_SIGN: "customer-to-sign", SIGNED: "customer-signed"}

#: screen of the phone (a name of `screens/routes.js`, or `job/` and a part of a job) → picture
PHONE: dict[str, str] = {
    "today": "today",
    "upcoming": "upcoming",
    "done": "done",
    "outbox": "outbox",
    "me": "me",
    "help": "what-can-i-do",
    "sign-in": "sign-in",
    "setup": "setup",
    "job": "job",
    "job/visit": "checklist",
    "job/closing": "closing",
    "job/phrases": "phrases",
    "job/photos": "photos",
    "job/charges": "charges",
    "job/handover": "handover",
}

#: route → why it is no screen
NO_SCREEN: dict[str, str] = {
    "/static/<build>/<path:name>": "a file",
    "/app/": "the frame of the phone's screens",
    "/app/<path:_anywhere>": "the same",
    "/app/sw.js": "a script",
    "/app/manifest.webmanifest": "a file",
    "/api/openapi.json": "for programs",
    "/api/ping": "for programs",
    "/api/session": "for programs",
    "/api/blobs/<sha256>": "a picture",
    "/livez": "for programs",
    "/readyz": "for programs",
    "/robots.txt": "for programs",
    "/ca.crt": "a file",
    "/events": "a stream",
    "/choose-password": "the form of /account after a one-time link",
    "/account/phone/<link_id>": "a part of the page of the phone",
    "/people/<person_id>/phone/<link_id>": "a part of the page of the phone",
    "/people/<person_id>/portrait": "a picture",
    "/customers/<customer_id>/phone-opening": "a part of the customer's page",
    "/jobs/<job_id>/visit": "a part of the job's page",
    "/jobs/<job_id>/notes": "a part of the job's page",
    "/jobs/<job_id>/timeline": "a part of the job's page",
    "/jobs/<job_id>/sheets/<sheet_id>/proof": "a file",
    "/words/<word_id>/acceptance": "leads back",
    "/cases/<case_id>/link/rotation": "leads back",
    "/cases/<case_id>/link/revocation": "leads back",
    "/rescue/<file_id>": "what became of a phone's file; the sample data has none",
    "/rescue/<file_id>/file": "a file",
    "/imports/<import_id>/bad-lines.csv": "a file",
    "/imports/<import_id>/columns": "leads back",
    "/imports/<import_id>/reading": "leads back",
    "/c/<token>/digits": "leads back",
    "/c/<token>/words": "leads back",
    "/c/<token>/photos/<photo_id>": "a picture",
    "/c/<token>/portraits/<person_id>": "a picture",
    "/c/<path:token>": "as /c/",
    "/b/": "as /c/",
    "/b/<path:token>": "as /c/",
    "/b/<token>/portrait": "a picture",
}
