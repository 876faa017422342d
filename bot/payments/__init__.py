"""Adapters to those who take the money."""
