"""The embedded PostgreSQL server, its programs and backups."""
