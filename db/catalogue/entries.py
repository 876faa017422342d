"""What a catalogue file says, checked and ready for `db.catalogue.load`."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class SchoolEntry:
    """What the school says of itself in a language; `language` is empty for all that have no entry of their own."""

    language: str
    name: str | None
    description: str | None


@dataclass(frozen=True, slots=True)
class QuestionEntry:
    """Named as the columns are (`db.tables.Question`): indexes of options count from 0."""

    key: str
    text: str
    kind: str
    options: tuple[str, ...]
    answer: int | None
    answers: tuple[int, ...]
    accepted: tuple[str, ...]
    tolerance: Decimal | None
    hint: str | None
    explanation: str | None
    picture: str | None


@dataclass(frozen=True, slots=True)
class LessonEntry:
    """`text` is written in `markup`, html or markdown; `media` a URL or a Telegram file id of kind `media_kind`.
    `unlock_days` after access opened, `unlock_at`: when it unlocks, None as its module says."""

    key: str
    id: int | None
    title: str
    text: str
    media_kind: str | None
    media: str | None
    preview: bool
    questions: tuple[QuestionEntry, ...]
    unlock_days: int | None = None
    unlock_at: datetime | None = None
    markup: str = "html"


@dataclass(frozen=True, slots=True)
class ModuleEntry:
    """With `id`, a row of the other application: what the file leaves out (None) stays as that one has it.
    `unlock_in_order`: each lesson once the one before it is done; the other two as in lessons, for those without.
    `format`: classic or rich messages."""

    key: str
    id: int | None
    name: str
    description: str | None
    interval_count: int | None
    lessons: tuple[LessonEntry, ...]
    unlock_in_order: bool = False
    unlock_days: int | None = None
    unlock_at: datetime | None = None
    format: str = "classic"
    protect_content: bool = False

    @property
    def waits(self) -> bool:
        """Whether any of its lessons may be locked although access is open."""
        own = [(self.unlock_days, self.unlock_at)]
        moments = own + [(one.unlock_days, one.unlock_at) for one in self.lessons]
        return self.unlock_in_order or any(one != (None, None) for one in moments)


@dataclass(frozen=True, slots=True)
class OfferEntry:
    """`price` in the currency's smallest unit. With `id`, an offer made in the chat that the file has given a key."""

    key: str
    id: int | None
    days: int
    price: int
    currency: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProductEntry:
    """`module` is a module's key."""

    key: str
    id: int | None
    module: str
    name: str
    offers: tuple[OfferEntry, ...]


@dataclass(frozen=True, slots=True)
class PromoEntry:
    """`product` is a product's key."""

    code: str
    product: str
    days: int
    max_uses: int


@dataclass(frozen=True, slots=True)
class ResultEntry:
    """How an attempt at a lesson can end; `passed` ones make the lesson done. `share`: percent of right answers from
    which it is given."""

    key: str
    id: int | None
    name: str
    passed: bool
    share: int | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Consistent in itself: keys are unique and what they name is there."""

    modules: tuple[ModuleEntry, ...]
    products: tuple[ProductEntry, ...]
    promos: tuple[PromoEntry, ...]
    results: tuple[ResultEntry, ...]
    school: tuple[SchoolEntry, ...] = ()

    def list_currencies(self) -> dict[str, str]:
        """Of the offers, by product/offer."""
        return {
            f"{product.key}/{offer.key}": offer.currency
            for product in self.products
            for offer in product.offers
        }
