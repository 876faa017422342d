"""Purchases, the attempts to pay them, and settling."""
