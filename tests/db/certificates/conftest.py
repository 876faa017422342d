"""Anna has two accounts, as in merging."""

from tests.db.merging.conftest import people

__all__ = ["people"]
