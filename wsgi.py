"""The WSGI entry: `gunicorn wsgi:app`, `flask --app wsgi …`."""

import gc

# what is imported stays: an eighth of a start would go into looking through it again and again
gc.set_threshold(50_000, 20, 50)

from fieldservice import create_app  # noqa: E402

app = create_app()
