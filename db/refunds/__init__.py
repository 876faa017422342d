"""Refunds: asked for, booked, and the days that go with them."""
