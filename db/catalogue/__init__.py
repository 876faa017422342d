"""The catalogue in the database: what is stored, and loading a file into it."""
