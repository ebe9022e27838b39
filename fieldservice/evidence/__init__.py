"""Photos as evidence: who, when, where, for what, and the bytes under their SHA-256, taken in pieces and checked."""
