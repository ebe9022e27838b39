"""The branch's planning engine: a day as flat tables, the search over them, and its compiled form."""
