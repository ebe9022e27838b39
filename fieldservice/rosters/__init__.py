"""Skills, hours and days off from lists made elsewhere: read, checked, written when somebody says so, undone."""
