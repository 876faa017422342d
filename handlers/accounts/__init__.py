"""Registration, the profile, sessions and people."""
