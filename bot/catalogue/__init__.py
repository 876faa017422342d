"""The catalogue file: read, checked against its tables."""
