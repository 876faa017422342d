"""A certificate as a page to be printed, A4 across: PNG and PDF, drawn by matplotlib, which joins Arabic letters and
turns lines that are written from right to left. Nothing here may run on the event loop.
"""

from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import chain
from typing import Any

from bot.fonts import DRAWING, FAMILY, drawn_signs

WIDTH, HEIGHT = 842.0, 595.0  # points
DPI = 150  # of the PNG: 1754 × 1240
INK, QUIET, ACCENT = "#1b1f24", "#5d6773", "#1f6f4a"
MIDDLE, ROOM = WIDTH / 2, WIDTH - 2 * 90
QR_SIDE = 84.0
MEASURED = 20  # points


@dataclass(frozen=True, slots=True)
class CertificatePage:
    """All that stands on it. `link`: where it is checked, also as a QR code; `address`: the same, as people read it."""

    school: str
    title: str
    says: str
    name: str
    done: str
    course: str
    date_label: str
    date: str
    number_label: str
    number: str
    check: str
    address: str
    link: str


def draw(page: CertificatePage, file: str) -> bytes:
    """`file`: "png" or "pdf"."""
    with DRAWING:
        return _draw(page, file)


def _draw(page: CertificatePage, file: str) -> bytes:
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), dpi=DPI)
    canvas = _Canvas(figure, FigureCanvasAgg(figure))
    _frame(canvas)
    _middle(canvas, page)
    _foot(canvas, page)
    drawn = BytesIO()
    about = {"Title": f"{page.title}: {page.course}", "Subject": page.number}
    with rc_context({"pdf.fonttype": 42}):  # letters that can be found and copied
        figure.savefig(drawn, format=file, metadata=about if file == "pdf" else {"Title": page.number})
    return drawn.getvalue()


class _Canvas:
    """In points from the lower left corner."""

    def __init__(self, figure: Any, canvas: Any) -> None:
        self.axes = figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
        self.axes.axis("off")
        self._renderer = canvas.get_renderer()

    def write(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        colour: str = INK,
        *,
        bold: bool = False,
        side: str = "center",
    ) -> Any:
        """On the line `y`. Signs that the font does not have are left out."""
        plain = " ".join(drawn_signs(text)[0].split())
        return self.axes.text(
            x, y, plain, fontsize=size, color=colour, va="baseline", ha=side, fontfamily=FAMILY,
            fontweight="bold" if bold else "normal", parse_math=False,
        )  # fmt: skip

    def measure(self, bold: bool) -> Callable[[str], float]:
        """How wide a text is at the size of one point: measured once, since it grows with the size."""
        from matplotlib.font_manager import FontProperties

        font = FontProperties(family=FAMILY, weight="bold" if bold else "normal", size=MEASURED)

        @cache
        def width(text: str) -> float:
            pixels: float = self._renderer.get_text_width_height_descent(text, font, ismath=False)[0]
            return pixels * 72 / DPI / MEASURED

        return width

    def block(self, y: float, height: float, text: str, sizes: tuple[int, int], *, bold: bool) -> None:
        """In the middle of `height` points above `y`, as large as fits, on as many lines as fit."""
        plain, width = drawn_signs(text)[0], self.measure(bold)
        for size in range(sizes[0], sizes[1] - 1, -1):
            found = list(wrap(plain, width, ROOM / size))
            step = size * 1.3
            if len(found) * step <= height:
                break
        top = y + (height + (len(found) - 1) * step) / 2 - size * 0.36
        for at, line in enumerate(found):
            self.write(MIDDLE, top - at * step, line, size, bold=bold)


def wrap(text: str, width: Callable[[str], float], room: float) -> Iterator[str]:
    """Lines of at most that width, broken between words; within a word only where it alone is too wide."""
    line: list[str] = []
    taken = 0.0
    for word in chain.from_iterable(_split(one, width, room) for one in text.split()):
        wide = width(word)
        if line and taken + width(" ") + wide > room:
            yield " ".join(line)
            line, taken = [], 0.0
        taken += wide + (width(" ") if line else 0.0)
        line.append(word)
    yield " ".join(line)


def _split(word: str, width: Callable[[str], float], room: float) -> Iterator[str]:
    while width(word) > room:
        ends = range(1, len(word))
        most = max(1, bisect(ends, room, key=lambda end: width(word[:end])))
        yield word[:most]
        word = word[most:]
    yield word


def _frame(canvas: _Canvas) -> None:
    from matplotlib.patches import Rectangle

    for inset, line in ((24, 2.5), (31, 0.7)):
        canvas.axes.add_patch(
            Rectangle((inset, inset), WIDTH - 2 * inset, HEIGHT - 2 * inset, fill=False, ec=ACCENT, lw=line)
        )


def _middle(canvas: _Canvas, page: CertificatePage) -> None:
    canvas.block(500, 44, page.school, (20, 10), bold=False)
    canvas.write(MIDDLE, 446, page.title, 40, ACCENT, bold=True)
    canvas.write(MIDDLE, 408, page.says, 14, QUIET)
    canvas.block(296, 100, page.name, (38, 9), bold=True)
    canvas.write(MIDDLE, 272, page.done, 14, QUIET)
    canvas.block(176, 84, page.course, (26, 9), bold=False)


def _foot(canvas: _Canvas, page: CertificatePage) -> None:
    for x, label, said in ((90, page.date_label, page.date), (330, page.number_label, page.number)):
        canvas.write(x, 118, label, 11, QUIET, side="left")
        canvas.write(x, 96, said, 16, side="left")
    canvas.write(90, 64, f"{page.check} {page.address}", 10, QUIET, side="left")
    _qr(canvas, page.link, WIDTH - 60 - QR_SIDE, 54)


def _qr(canvas: _Canvas, link: str, left: float, bottom: float) -> None:
    import segno
    from matplotlib.collections import PolyCollection

    modules = [list(row) for row in segno.make(link, micro=False).matrix]
    side = QR_SIDE / len(modules)
    squares = []
    for row, signs in enumerate(modules):
        y = bottom + QR_SIDE - (row + 1) * side
        for column, dark in enumerate(signs):
            if dark:
                x = left + column * side
                squares.append([(x, y), (x + side, y), (x + side, y + side), (x, y + side)])
    canvas.axes.add_collection(PolyCollection(squares, facecolors=INK, edgecolors="none", antialiaseds=False))
