"""What belongs to people beside their account: the portrait customers know them by."""
