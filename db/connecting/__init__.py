"""Connecting: a chat signs in to an account that its person has at the school already."""
