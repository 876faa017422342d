"""The tables: 13 shared ones in schema `public`, and the bot's own in `bot`.

Every foreign key from `bot` into `public` is ON DELETE CASCADE, or SET NULL for records of money, so that the
other application can delete its rows without knowing of us.
"""

from db.tables.base import Base
from db.tables.own import (
    AccessChange,
    Attempt,
    Callback,
    CatalogueKey,
    Chat,
    Consent,
    FailedUpdate,
    HandledUpdate,
    Lesson,
    Offer,
    Question,
    Result,
)
from db.tables.shared import (
    AdminAccess,
    AuthIdentity,
    Device,
    Module,
    ModuleAccess,
    Product,
    Progress,
    PromoCode,
    PromoUsage,
    Purchase,
    Session,
    User,
    UserDevice,
)

__all__ = [
    "AccessChange",
    "AdminAccess",
    "Attempt",
    "AuthIdentity",
    "Base",
    "Callback",
    "CatalogueKey",
    "Chat",
    "Consent",
    "Device",
    "FailedUpdate",
    "HandledUpdate",
    "Lesson",
    "Module",
    "ModuleAccess",
    "Offer",
    "Product",
    "Progress",
    "PromoCode",
    "PromoUsage",
    "Purchase",
    "Question",
    "Result",
    "Session",
    "User",
    "UserDevice",
]
