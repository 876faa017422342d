"""Wording of access and grants."""
