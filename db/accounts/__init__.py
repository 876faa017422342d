"""Accounts, the identities and sessions that lead to them, and finding a person."""
