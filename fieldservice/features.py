"""The features in their order: one may import only from those above it (tests/architecture holds this).

`create_app` goes through it in this order and takes of each feature what is there: `models`, `synced` (which rows change
with which), the blueprints of `views` and `api`, `listeners`, `exceptions` (what a desk handles
first), `moments` (what it knows of a timeline), `tasks` (what a worker does), and `cli.COMMANDS`.
"""

FEATURES: tuple[str, ...] = (
    # who and what
    "branches",
    "accounts",
    "evidence",
    "people",
    "customers",
    # promises and policies
    "checklists",
    # times and ways: pure engines that know no job
    "routing",
    # the work
    "cases",
    "jobs",
    "visits",
    "signoff",
    # across the work
    "imports",
    "rosters",
    "dispatch",
    "portal",
    "reports",
    "verification",
    "sync",
    "inbox",
    "rescue",
    # who did what when, held fast
    "audit",
    # help on all of it
    "guide",
    # the installation as a whole: saved, and put back
    "backups",
    # pages about the product itself: technician app shell, health, OpenAPI, sample data
    "product",
)
