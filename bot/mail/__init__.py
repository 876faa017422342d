"""Mail: what is said, and how it reaches the school's mail server."""
