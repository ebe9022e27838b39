"""Offline sync: what phones did comes in, what they may see goes out (docs/sync-protocol.md)."""
