"""Accounts: people, their roles, sessions, devices, one-time links and passwords."""
