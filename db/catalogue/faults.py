"""What is wrong with a catalogue, as facts: said in English by itself, in the reader's language by
`bot/texts/catalogue_faults.py`."""


class Fault(str):
    """The English sentence (`said`, where it is not made of what follows). `pattern` is it with the names of its
    `facts` in braces, by which gettext finds it in other languages; without any, nothing is filled in. A fact may be a
    fault itself."""

    pattern: str
    facts: dict[str, object]

    def __new__(cls, pattern: str, /, *, said: str | None = None, **facts: object) -> "Fault":
        english = pattern.format(**facts) if facts else pattern
        fault = super().__new__(cls, english if said is None else said)
        fault.pattern, fault.facts = pattern, facts
        return fault


def at(place: str, what: str) -> Fault:
    """`what` is wrong in that place of the file."""
    return Fault("{place}: {what}", place=place, what=what)
