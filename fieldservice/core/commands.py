"""The group `flask fieldservice …`: what somebody checks from outside. Features add their commands to it in `cli.py`."""

from flask.cli import AppGroup

fieldservice = AppGroup("fieldservice", help="Checks what this installation says: the audit chain, sealed reports.")
