"""Lessons and progress."""
