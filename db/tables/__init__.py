"""The tables: 13 shared ones in schema `public`, and the bot's own in `bot`.

Every foreign key from `bot` into `public` is ON DELETE CASCADE, or SET NULL for records of money, so that the
other application can delete its rows without knowing of us.
"""

from db.tables.accounts import Contact, Merge, MergedChange, MergedModule, MergedRow, TelegramAccount
from db.tables.acts import Act
from db.tables.base import Base
from db.tables.catalogue import CatalogueCopy
from db.tables.certificates import Certificate, CertificateNumber, FinishedCourse
from db.tables.connecting import CodesSent, Connection, EmailCode, SiteLink
from db.tables.deletion import DeletedAccount, ServerKey, UsedCode
from db.tables.learning import Answer, Card, Lesson, LessonAttempt, Question, Result
from db.tables.lessons import ModuleOptions, SentFile
from db.tables.money import Alert, Cursor, Failing, ParkedPayment, Refund, UnreadItem
from db.tables.outbox import MailSubscription, OutboxMessage
from db.tables.own import (
    AccessChange,
    Attempt,
    Callback,
    CatalogueKey,
    Chat,
    Consent,
    Cooldown,
    FailedUpdate,
    HandledUpdate,
    Offer,
    PromoForm,
    School,
)
from db.tables.promo import BatchCode, PromoBatch, SwitchedOffCode
from db.tables.reminders import ReminderSettings
from db.tables.roles import GivenRole
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
from db.tables.support import SupportCopy, SupportMessage, SupportThread
from db.tables.unlocking import ModuleUnlocking, SeenAccess, UnlockedLesson

__all__ = [
    "AccessChange",
    "Act",
    "AdminAccess",
    "Alert",
    "Answer",
    "Attempt",
    "AuthIdentity",
    "Base",
    "BatchCode",
    "Callback",
    "Card",
    "CatalogueCopy",
    "CatalogueKey",
    "Certificate",
    "CertificateNumber",
    "Chat",
    "CodesSent",
    "Connection",
    "Consent",
    "Contact",
    "Cooldown",
    "Cursor",
    "DeletedAccount",
    "Device",
    "EmailCode",
    "FailedUpdate",
    "Failing",
    "FinishedCourse",
    "GivenRole",
    "HandledUpdate",
    "Lesson",
    "LessonAttempt",
    "MailSubscription",
    "Merge",
    "MergedChange",
    "MergedModule",
    "MergedRow",
    "Module",
    "ModuleAccess",
    "ModuleOptions",
    "ModuleUnlocking",
    "Offer",
    "OutboxMessage",
    "ParkedPayment",
    "Product",
    "Progress",
    "PromoBatch",
    "PromoCode",
    "PromoForm",
    "PromoUsage",
    "Purchase",
    "Question",
    "Refund",
    "ReminderSettings",
    "Result",
    "School",
    "SeenAccess",
    "SentFile",
    "ServerKey",
    "Session",
    "SiteLink",
    "SupportCopy",
    "SupportMessage",
    "SupportThread",
    "SwitchedOffCode",
    "TelegramAccount",
    "UnlockedLesson",
    "UnreadItem",
    "UsedCode",
    "User",
    "UserDevice",
]
