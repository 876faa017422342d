"""What can be refused of an account that is deleted, or is to be."""

from db.errors import Refused


class AccountDeleted(Refused):
    """Nothing is written for an account that was deleted."""

    user_id: int


class AccountChanged(Refused):
    """It is not the account any more, or not of the kind, whose deletion was asked for."""

    user_id: int


class DeletionBlocked(Refused):
    """Rows of `table` can't be deleted: the bot has no right to, or rows of the other application name them."""

    table: str
