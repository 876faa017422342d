"""What is wrong with a catalogue (`db/catalogue/faults.py`), in the reader's language. Keys stay as in the file."""

from bot.texts import _
from db.catalogue.faults import Fault


def word(fault: str) -> str:
    """What was never made a fault stays English."""
    if not isinstance(fault, Fault):
        return fault
    facts = {name: word(one) if isinstance(one, str) else one for name, one in fault.facts.items()}
    return _(fault.pattern).format(**facts)
