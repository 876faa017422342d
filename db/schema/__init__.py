"""The schema: migrations, and the contract with another application."""
