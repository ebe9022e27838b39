"""The dispatcher's inbox: what sync could not apply, with its reason, to accept or decline."""
