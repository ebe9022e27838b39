"""The features in their order: one may import only from those above it (tests/architecture holds this).

`create_app` registers them in this order: `fieldservice.<name>.views.blueprint`, `.api.blueprint`, `.cli.group`
and the import of `.listeners`, each where the file exists.
"""

FEATURES: tuple[str, ...] = (
    # who and what
    "branches",
    "accounts",
    "customers",
    # the work
    "cases",
    "jobs",
    # across the work
    "dispatch",
    "sync",
    "inbox",
    # pages about the product itself: technician app shell, health, OpenAPI, sample data
    "product",
)
