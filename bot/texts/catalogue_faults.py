"""What is wrong with a catalogue (`db/catalogue/faults.py`), in the reader's language. Keys stay as in the file."""

from bot.texts import _, __
from db.catalogue.faults import Fault

PLACED = "{place}: {what}"  # says the same in every language
# By the English sentence, as gettext finds what it is in another language.
PATTERNS = (
    __("is no text in UTF-8"),
    __("is empty"),
    __("holds a NUL character"),
    __("is one line"),
    __('an amount such as 990, 990.50 or "990,50"'),
    __("needs its distance from UTC, such as 2026-12-01T10:00:00+03:00"),
    __("no access lasts that long: this would never be"),
    __("a key: up to 64 letters a-z, digits, - and _"),
    __("a currency: three capital letters such as RUB"),
    __("an http(s) address"),
    __("a file id as Telegram gives them"),
    __("{value} is not {what}"),
    __("not TOML: {error}"),
    __("the number of the right option, counted from 1, or the option itself"),
    __("an accepted answer is a text or a number"),
    __("holds nothing to be seen"),
    __("a number, 0 or more"),
    __("has no right answer: answer, answers or accepted says it"),
    __("{given}: a question of kind {kind} takes {field} only"),
    __("accepted: a number is written such as 42 or 3.14"),
    __("tolerance: only numbers have one"),
    __("options: at least two are needed"),
    __("options: two are the same"),
    __("answers: one is there twice"),
    __("answer: {answer} is none of the options"),
    __("options: what is typed is compared with accepted"),
    __("answer: {answer} is not between 1 and {most}"),
    __("unknown key; did you mean {key}?"),
    __("unknown key"),
    __("{key} {value} is there {count} times"),
    __("is missing"),
    __("results: none has passed = true, so no lesson could ever be done"),
    __("no module has the key {key}"),
    __("no product has the key {key}"),
    __("needs either url or file_id"),
    __("text: is missing"),
    __("markdown: the text is given already"),
    __("preview: a free lesson never waits, so unlock_days and unlock_at would never count"),
    __("currency: {currency} is none that Telegram or YooKassa takes"),
    __("price: no way to pay takes it; it has to be from {least} to {most}"),
    __("methods: one is there twice"),
    __("methods: stars goes with the currency XTR, link and invoice with every other one"),
    __("methods: none of these takes {currency}"),
    __("there is no module to write"),
    __(
        "needs an id: progress holds ids that no catalogue here knows, and a new one of ours could be one of them"
    ),
    __("its id is {has} already and cannot become {wanted}"),
    __(
        "opens module {id} already, and what was bought must not come to mean another module; give the new"
        " product a key of its own"
    ),
    __("the id {wanted} is taken by {name}"),
    __("the database has no row with the id {wanted}; leave the id out to have one made"),
    __('the id {wanted} is "{name}" already'),
    __("it is an offer of product {id}"),
    __("no way to pay that is set up takes {currency}; it needs {settings}"),
    # Of pydantic's own checks.
    __("has to be a whole number"),
    __("has to be a text in quotes"),
    __("has to be true or false"),
    __("has to be a list"),
    __("has to be a moment such as 2026-12-01T10:00:00+03:00"),
    __("has to be {expected}"),
    __("has to be {ge} or more"),
    __("has to be {le} or less"),
    __("may have at most {max_length} characters"),
)


def word(fault: str) -> str:
    """What was never made a fault stays English."""
    if not isinstance(fault, Fault):
        return fault
    pattern = fault.pattern if fault.pattern == PLACED else _(fault.pattern)
    facts = {name: word(one) if isinstance(one, str) else one for name, one in fault.facts.items()}
    return pattern.format(**facts)
