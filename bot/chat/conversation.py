"""Conversation state on the update's own transaction: it commits or rolls back with the database."""

from collections.abc import Mapping
from typing import Any

from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.base import BaseStorage, StateType, StorageKey

from db.chats import Person


class ContactQuestion(StatesGroup):
    email = State()
    phone = State()
    receipt = State()


class ConnectQuestion(StatesGroup):
    """`email`: the address of an account; `code`: what was sent there."""

    email = State()
    code = State()


class Promo(StatesGroup):
    """`retyped`: nothing is asked, but the word that was taken for a code may be corrected by editing it."""

    code = State()
    retyped = State()


class DeletionQuestion(StatesGroup):
    word = State()


class SupportQuestion(StatesGroup):
    """What is written goes to the school."""

    message = State()


class Assignment(StatesGroup):
    who_and_offer = State()


class LessonQuestion(StatesGroup):
    """`typed`: a question of a lesson is answered by writing; which one, and in which message it stands, is in the
    data."""

    typed = State()


class CertificateQuestion(StatesGroup):
    """In which name a certificate is made; of which course, and the name shown last, are in the data."""

    name = State()


class OfferMaking(StatesGroup):
    """An offer is made step by step (`handlers/shop_offers.py`): what of it is known is in the data."""

    terms = State()


class Granting(StatesGroup):
    """Access is given or taken step by step (`handlers/access/granting.py`)."""

    who = State()
    product = State()
    days = State()
    preview = State()
    reason = State()


class PromoMaking(StatesGroup):
    """Promo codes are made step by step (`handlers/promo_making.py`)."""

    code = State()
    product = State()
    days = State()
    count = State()
    preview = State()


class PromoLimit(StatesGroup):
    """How many people may use a promo code; its id is in the data."""

    number = State()


class CatalogueQuestion(StatesGroup):
    """What is to be changed in the catalogue is in the data (`handlers/catalogue/drafts.py`)."""

    value = State()
    preview = State()


class Lookup(StatesGroup):
    """Whose card is to be shown."""

    who = State()


class RoleQuestion(StatesGroup):
    """To whom a role is to be given; which one, as the preview has shown it."""

    who = State()
    preview = State()


class LinkQuestion(StatesGroup):
    """`who`: the account; `chat`: the Telegram that is to come to it."""

    who = State()
    chat = State()


class PersonStorage(BaseStorage):
    """Reads and writes the loaded person; `db.chats.save` writes them back before the commit."""

    def __init__(self, person: Person) -> None:
        self._person = person

    async def set_state(self, key: StorageKey, state: StateType = None) -> None:
        new = state.state if isinstance(state, State) else state
        self._person.changed |= new != self._person.state
        self._person.state, self._person.asked = new, True

    async def get_state(self, key: StorageKey) -> str | None:
        return self._person.state

    async def set_data(self, key: StorageKey, data: Mapping[str, Any]) -> None:
        self._person.changed |= dict(data) != self._person.data
        self._person.data, self._person.asked = dict(data), True

    async def get_data(self, key: StorageKey) -> dict[str, Any]:
        return dict(self._person.data)

    async def close(self) -> None:
        """Nothing to close: the transaction owns the connection."""


def context_of(bot_id: int, person: Person) -> FSMContext:
    key = StorageKey(bot_id=bot_id, chat_id=person.telegram_id, user_id=person.telegram_id)
    return FSMContext(PersonStorage(person), key)
