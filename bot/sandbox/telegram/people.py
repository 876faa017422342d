"""The people of the sandbox: four at first, more on demand."""

import secrets
from dataclasses import asdict, dataclass
from typing import Any

from bot.sandbox.store import Store
from bot.sandbox.telegram.errors import PageError

Json = dict[str, Any]
KIND = "person"
FIRST_STARS = 10_000
# Made-up people, by language: first and last names belong together.
NAMES = {
    "ru": (
        ("Мария", "Иванова"),
        ("Олег", "Ким"),
        ("Ирина", "Гаврилова"),
        ("Павел", "Лосев"),
        ("Лейла", "Ахметова"),
        ("Тимур", "Галиев"),
    ),
    "en": (
        ("Emma", "Clark"),
        ("Tom", "Reed"),
        ("Noah", "Bauer"),
        ("Maya", "Patel"),
        ("Grace", "Okafor"),
        ("Lucas", "Moreau"),
    ),
}


@dataclass
class Person:
    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = "ru"
    phone: str = ""
    role: str = "learner"
    stars: int = FIRST_STARS

    def as_user(self) -> Json:
        """The Bot API's User: empty names are left out, as Telegram does."""
        optional = {
            "last_name": self.last_name,
            "username": self.username,
            "language_code": self.language_code,
        }
        user: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        return user | {name: value for name, value in optional.items() if value}

    def as_chat(self) -> Json:
        optional = {"last_name": self.last_name, "username": self.username}
        chat: Json = {"id": self.id, "type": "private", "first_name": self.first_name}
        return chat | {name: value for name, value in optional.items() if value}


SEED = (
    Person(7000000001, "Анна", "Соколова", "anna_sandbox", "ru", "+79000000001"),
    Person(7000000002, "Ben", "Carter", "", "en", "+79000000002"),
    Person(7000000003, "Ольга", "Котова", "olga_admin", "ru", "+79000000003", "admin"),
    Person(7000000004, "Helen", "Moore", "helen_admin", "en", "+79000000004", "admin"),
)


class People:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._known = {row["id"]: Person(**row) for row in store.all(KIND)}
        if not self._known:
            with store.batch():
                for person in SEED:
                    self.save(Person(**asdict(person)))

    def all(self) -> list[Person]:
        return list(self._known.values())

    def find(self, person_id: int) -> Person | None:
        return self._known.get(person_id)

    def get(self, person_id: object) -> Person:
        """Raises PageError 404 for anything that is no person's id."""
        person = self.find(person_id) if isinstance(person_id, int) else None
        if person is None:
            raise PageError(404, f"no such person: {person_id}")
        return person

    def save(self, person: Person) -> None:
        self._known[person.id] = person
        self._store.put(KIND, str(person.id), asdict(person))

    def add(self, fields: Json) -> Person:
        """Missing names are made up. Ids need more than 32 bits, as new Telegram accounts have."""
        number = 2**33 + secrets.randbelow(2**40)
        language = str(fields.get("language_code") or "ru")
        made_up = secrets.choice(NAMES["ru" if language == "ru" else "en"])
        first_name, last_name = (fields["first_name"], "") if fields.get("first_name") else made_up
        person = Person(
            id=number,
            first_name=str(first_name),
            last_name=str(fields.get("last_name", last_name)),
            username=str(fields.get("username") or "").removeprefix("@"),
            language_code=language,
            phone=str(fields.get("phone") or f"+7900{number % 10**7:07}"),
        )
        self.save(person)
        return person
