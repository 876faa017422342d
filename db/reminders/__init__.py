"""Reminders: at whose hour, of what, and each once."""
