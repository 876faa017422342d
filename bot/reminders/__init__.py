"""Reminders: planned every hour for those whose hour comes, computed again when they are sent."""
