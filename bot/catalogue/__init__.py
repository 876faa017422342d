"""The catalogue file: its format, and reading it."""
