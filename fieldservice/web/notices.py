"""What is said once on the next page ("Saved."): Flask's `flash`, in a signed cookie of its own."""

from flask import Flask, flash


def install(app: Flask) -> None:
    """Signs and hardens the cookie; it carries notices and nothing else."""
    app.secret_key = app.config["SECRETS"]["session_key"]
    app.config.update(
        SESSION_COOKIE_NAME="__Host-notice",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
    )


def say(words: object) -> None:
    """Shows `words` once, on the page that comes next. No personal data: the cookie is signed, not sealed."""
    flash(str(words))
