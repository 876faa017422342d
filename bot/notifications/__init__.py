"""News of money and access: what is said, and how it reaches each chat."""
