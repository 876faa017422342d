"""Edges: an update, a button or an HTTP callback in, one operation, replies out. `app` wires them to the rest."""

import bot  # noqa: F401 - first of all: before aiogram is imported
