"""Verification: whether a file is the report it says it is, for anyone, here or without us (docs/verification.md)."""
