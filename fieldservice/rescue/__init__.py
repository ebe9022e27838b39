"""Rescue: files of unsent work that phones exported are brought here, kept whole, and taken exactly once."""
