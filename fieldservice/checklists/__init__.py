"""The conduct standard as data: templates by job type, versions, item types, conditions, what is missing."""
