"""Backups of the whole installation, and putting one back: commands for who runs the machine (docs/operations.md).

A backup is a folder: the database, `media/blobs` (the photos as they came), `imports`, `keys` and a manifest with the
SHA-256 of every file. It is made beside its name and renamed when it is whole.
"""
