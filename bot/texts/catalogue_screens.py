"""Wording of courses, lessons and prices as the owner looks at them and changes them."""

from collections.abc import Sequence

from bot.texts import _, __, plural
from bot.texts.format import cut, days, label, money
from db.catalogue.entries import Catalogue, LessonEntry, ModuleEntry, OfferEntry, ProductEntry

ADD_COURSE = __("➕ Course")
ADD_LESSON = __("➕ Lesson")
ADD_OFFER = __("➕ Price")
ADD_PRODUCT = __("➕ Product")
BACK = __("← Back")
TO_CATALOGUE = __("← Catalogue")
CONFIRM = __("✅ Change it")
DESCRIBE = __("✏️ Description")
DOWNLOAD = __("⬇️ Get the file")
DROP = __("✖️ Leave it as it is")
PRICE = __("✏️ Another price")
RENAME = __("✏️ Name")
REWRITE = __("✏️ Text")
UPLOAD = __("⬆️ Load a file")
WITHDRAW = __("🚫 Withdraw")
WITHDRAW_ALL = __("🚫 Take off sale")

DROPPED = __("Nothing was changed.")
MARKDOWN = __(
    "⚠️ This lesson is written in Markdown, and Telegram has turned its marks into formatting. Please change it in the"
    " file: “Get the file” in /catalog."
)
CHANGED_MEANWHILE = __("This has changed meanwhile; so it would be now:")
DONE = __("✅ Changed.")
NOTHING = __("It is so already: there is nothing to change.")

ASK = {
    "name": __("Write the new name."),
    "title": __("Write the new title."),
    "description": __("Write the new description."),
    "text": __("Write the new text of the lesson. Bold, links and the like are kept."),
    "price": __("Write the new price, for example 1190."),
}
ASK_ADDED = {
    "module": __("What is the course called?"),
    "lesson": __("What is the lesson called?"),
    "product": __("What is sold under a name of its own? For example “Python with a teacher”."),
    "offer": __("For how many days, at which price? For example: 30 990 RUB"),
}
JOINED = __("I have put this part behind the one before it: please look at the place where they meet.")
ASK_TEXT = __("Now the text of the lesson. Bold, links and the like are kept.")
PRICE_NOTE = __("Who has ordered already keeps a lower price for an hour.")


def too_long(most: int) -> str:
    return _("⚠️ That is too long: at most {most} characters. Please write it shorter.").format(most=most)


def count_lessons(count: int) -> str:
    return plural("{count} lesson", "{count} lessons", count)


def catalogue(found: Catalogue) -> str:
    lessons = sum(len(one.lessons) for one in found.modules)
    offers = sum(len(one.offers) for one in found.products)
    counts = [
        plural("{count} course", "{count} courses", len(found.modules)),
        count_lessons(lessons),
        plural("{count} price", "{count} prices", offers),
    ]
    return _("📚 <b>Catalogue</b>") + "\n" + " · ".join(counts)


def course_button(module: ModuleEntry) -> str:
    return label(module.name, f" · {len(module.lessons)}")


def lessons_button(module: ModuleEntry) -> str:
    return _("📖 Lessons: {count}").format(count=len(module.lessons))


def offer_button(product: ProductEntry, offer: OfferEntry, *, alone: bool) -> str:
    """`alone`: nothing else is sold there, so that its name need not be said."""
    line = terms(offer)
    return label(f"💳 {line}" if alone else f"💳 {line} · {product.name}")


def terms(offer: OfferEntry) -> str:
    return f"{days(offer.days)} · {money(offer.price, offer.currency)}"


def product_button(product: ProductEntry) -> str:
    return label(f"🛍 {product.name}")


def lesson_button(lesson: LessonEntry) -> str:
    return label(lesson.title)


def restore_button(lesson: LessonEntry) -> str:
    return label(f"↩️ {lesson.title}")


def module(one: ModuleEntry, products: Sequence[ProductEntry]) -> str:
    parts = [f"<b>{cut(one.name, 128)}</b>"]
    if one.description:
        parts.append(cut(one.description, 1000))
    parts.append(count_lessons(len(one.lessons)))
    sold = [f"• {cut(product.name)}: {terms(offer)}" for product in products for offer in product.offers]
    parts.append("\n".join([_("On sale:"), *sold[:20]]) if sold else _("Nothing of it is on sale."))
    return "\n\n".join(parts)


def product(course: ModuleEntry, one: ProductEntry) -> str:
    text = _("🛍 <b>{product}</b>\nOpens “{course}”.").format(
        product=cut(one.name, 128), course=cut(course.name, 80)
    )
    sold = [f"• {terms(offer)}" for offer in one.offers]
    return "\n".join([text, "", *(sold or [_("Nothing of it is on sale.")])])


def offer(course: ModuleEntry, sold: ProductEntry, one: OfferEntry) -> str:
    return _("💳 <b>{product}</b>: {terms}\nOpens “{course}”.").format(
        product=cut(sold.name, 128), terms=terms(one), course=cut(course.name, 80)
    )


def lessons(course: ModuleEntry, withdrawn: int) -> str:
    text = f"📖 <b>{cut(course.name, 128)}</b>\n{count_lessons(len(course.lessons))}"
    return text + "\n\n" + _("↩️ brings a withdrawn lesson back.") if withdrawn else text


def lesson(course: ModuleEntry, one: LessonEntry) -> str:
    parts = [f"📖 <b>{cut(one.title, 128)}</b>\n{cut(course.name, 80)}"]
    facts = [plural("{count} character", "{count} characters", len(one.text))]
    if one.questions:
        facts.append(plural("{count} question", "{count} questions", len(one.questions)))
    if one.media:
        facts.append(_("with a file"))
    if one.preview:
        facts.append(_("free"))
    return "\n\n".join([*parts, " · ".join(facts)])


def preview(lines: Sequence[str]) -> str:
    return "\n".join([_("It would change:"), *lines])
