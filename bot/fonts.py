"""Which signs the pictures' font has, without importing matplotlib, whose font it is."""

import unicodedata
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

FAMILY = "DejaVu Sans"
# Held while a picture is drawn: matplotlib is made for one thread.
DRAWING = Lock()


@cache
def known_signs() -> frozenset[int]:
    """Code points. The first call takes a tenth of a second."""
    from fontTools.ttLib import TTFont

    spec = find_spec("matplotlib")
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / f"{FAMILY.replace(' ', '')}.ttf"
    return frozenset(TTFont(file, lazy=True).getBestCmap())


def drawn_signs(text: str) -> tuple[str, str]:
    """What of the text can be drawn, and the letters and numbers that can't; further signs are left out silently."""
    known = known_signs()
    kept = "".join(sign for sign in text if ord(sign) in known)
    lost = dict.fromkeys(sign for sign in text if ord(sign) not in known)
    return kept, "".join(
        sign for sign in lost if unicodedata.category(sign)[0] in "LMN" and not _selects(sign)
    )


def _selects(sign: str) -> bool:
    """A variation selector: it says how the sign before it is drawn."""
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"
