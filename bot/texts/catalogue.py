"""Wording of the catalogue in the owner's chat."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.texts import _, __, plural
from bot.texts import catalogue_faults as faults
from bot.texts.format import cut, days, money, safe
from db.catalogue.changes import Action, CatalogueChange
from db.catalogue.entries import Catalogue
from db.catalogue.merging import LoadPlan, Path

MAX_LINES = 30
MAX_VALUE = 60

LOAD = __("✅ Load it")
LOAD_OVER = __("⚠️ Load it over their changes")
DROP = __("✖️ Leave it as it is")
DROPPED = __("Nothing was changed.")
LOADING = __("⏳ Loading…")
SENDING = __("⏳ The file is coming…")
READING = __("⏳ I am reading the file…")
NOT_FETCHED = __("The file could not be fetched from Telegram, or is larger than 2 MB.")
TOO_LARGE = __("⚠️ This file is larger than 2 MB, so it is no catalogue. Nothing was changed.")
SEND_IT = __(
    "Send me the catalogue as a .toml file. Best take the one that “Get the file” sends and change it: then I see what"
    " others have changed meanwhile. I show what would change, and nothing changes before you confirm."
)
LOADED_ALREADY = __("It is loaded already.")

TABLES = {
    "module": __("course"),
    "lesson": __("lesson"),
    "question": __("question"),
    "product": __("product"),
    "offer": __("offer"),
    "promo code": __("promo code"),
    "result": __("result"),
    "school": __("school"),
    "unlocking": __("unlocking"),
    "options": __("how lessons are shown"),
}
ROWS = {
    "modules": TABLES["module"],
    "lessons": TABLES["lesson"],
    "questions": TABLES["question"],
    "products": TABLES["product"],
    "offers": TABLES["offer"],
    "promos": TABLES["promo code"],
    "results": TABLES["result"],
    "school": TABLES["school"],
}
FIELDS = {
    "name": __("name"),
    "title": __("title"),
    "text": __("text"),
    "description": __("description"),
    "price": __("price"),
    "days": __("days"),
    "currency": __("currency"),
    "methods": __("ways to pay"),
    "position": __("place"),
    "active": __("on sale"),
    "preview": __("free"),
    "media": __("file"),
    "max_usage_count": __("uses"),
}
SIGNS = {Action.ADDED: "➕", Action.ADOPTED: "🔗", Action.UPDATED: "✏️", Action.WITHDRAWN: "🚫"}


def count_changes(count: int) -> str:
    return plural("{count} change", "{count} changes", count)


def copy_caption(notes: Sequence[str]) -> str:
    """`notes`: what the file could not hold."""
    text = _("The catalogue. Change it and send it back here: I show what would change before anything does.")
    return "\n".join([text, *(f"⚠️ {cut(note, 200)}" for note in notes[:3])])


def errors(lines: Sequence[str]) -> str:
    text = _("⚠️ This can't be loaded, and nothing was changed:")
    return "\n".join([text, "", *_cut_list([f"• {safe(faults.word(line)[:300])}" for line in lines])])


def plan(found: LoadPlan) -> str:
    if not found.changes and not found.conflicts:
        return _("The file says what is there already: there is nothing to change.")
    lines = []
    if not found.based:
        lines += [_("The file does not say from which copy it was made; look well at what it changes."), ""]
    if found.conflicts:
        lines.append(
            _("⚠️ Others have changed this since your copy was made. Loading would undo their changes:")
        )
        lines += [*_cut_list([f"• {_path(path)}" for path in found.conflicts]), ""]
    lines.append(_("What would change:") if found.changes else _("Nothing else would change."))
    return "\n".join(lines + changes(found.changes, found.catalogue))


def changes(found: Sequence[CatalogueChange], catalogue: Catalogue) -> list[str]:
    named, currencies = _names(catalogue), catalogue.list_currencies()
    return _cut_list([_change(one, named, currencies) for one in found])


def loaded(count: int) -> str:
    return _("✅ The catalogue is loaded: {changes}.").format(changes=count_changes(count))


def _cut_list(lines: list[str]) -> list[str]:
    more = len(lines) - MAX_LINES
    return [*lines[:MAX_LINES], _("… and {count} more").format(count=more)] if more > 0 else lines


def _path(path: Path) -> str:
    return f"{ROWS[path[-2]]} <code>{safe('/'.join(path[1::2]))}</code>"


def recorded(stored: Mapping[str, Any]) -> str:
    """A change as the history keeps it."""
    one = CatalogueChange.from_facts(stored)
    return _change(one, {}, {one.key: stored["currency"]})


def _change(one: CatalogueChange, named: dict[tuple[str, str], str], currencies: dict[str, str]) -> str:
    name = named.get((one.table, one.key)) or one.key
    head = f"{SIGNS[one.action]} {TABLES[one.table]} <b>{cut(name, 80)}</b>"
    fields = [_field(*field, currencies.get(one.key, "")) for field in one.fields]
    return f"{head}: {'; '.join(fields)}" if fields else head


def _field(name: str, before: object, after: object, currency: str) -> str:
    said = str(FIELDS.get(name) or name.replace("_", " "))
    values = [_value(name, one, currency) for one in (before, after)]
    if before == after or any(len(one) > MAX_VALUE or "\n" in one for one in values):
        return said
    return f"{said} {values[0]} → {values[1]}"


def _value(name: str, value: object, currency: str) -> str:
    match value:
        case None | [] | "":
            return "—"
        case bool():
            return _("yes") if value else _("no")
        case int() if name == "price" and currency:
            return money(value, currency)
        case list():
            return safe(", ".join(map(str, value)))
        case _:
            return safe(str(value))


def _names(catalogue: Catalogue) -> dict[tuple[str, str], str]:
    """Of what a change names by its key."""
    named = {}
    for module in catalogue.modules:
        for table in ("module", "unlocking", "options"):
            named[table, module.key] = module.name
        for lesson in module.lessons:
            named["lesson", f"{module.key}/{lesson.key}"] = f"{module.name} · {lesson.title}"
            for question in lesson.questions:
                named["question", f"{module.key}/{lesson.key}/{question.key}"] = question.text
    for product in catalogue.products:
        named["product", product.key] = product.name
        for offer in product.offers:
            named["offer", f"{product.key}/{offer.key}"] = f"{product.name} · {days(offer.days)}"
    return named
