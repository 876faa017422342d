"""Wording of registration, the profile, sessions and people."""
