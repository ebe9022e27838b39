"""A second client of the protocol, small enough to be read in one sitting.

Written from docs/sync-protocol.md alone with Python's standard library: it imports nothing of the product. What it
cannot do shows what the page does not say.
"""
