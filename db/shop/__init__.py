"""Courses and offers."""
