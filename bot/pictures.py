"""A learner's progress as a picture to be shared: ten weeks of days, and a bar per course.

Sizes are those of the picture, which a phone shows at about a third: no letter is smaller than 30. matplotlib is slow
to import and needed nowhere else, so only drawing imports it. Nothing here may run on the event loop.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from bot.fonts import DRAWING, FAMILY

WIDTH, HEIGHT, MARGIN = 1080, 1350, 80
CELL, GAP = 74, 10
TOP_OF_DAYS, TOP_OF_COURSES, COURSE_HEIGHT = 430, 930, 105
MAX_COURSES = 3
DPI = 100


@dataclass(frozen=True, slots=True)
class CourseBar:
    """`share` from 0 to 1; `told`: how far, in words."""

    name: str
    share: float
    told: str


@dataclass(frozen=True, slots=True)
class ProgressPicture:
    """`first`: the Monday of the first of ten weeks; `weekdays`: seven short names, `weeks`: what stands above each
    week, mostly nothing."""

    title: str
    big: str
    small: str
    first: date
    today: date
    days: frozenset[date]
    weekdays: tuple[str, ...]
    weeks: tuple[str, ...]
    courses: tuple[CourseBar, ...]
    footer: str
    dark: bool = False


@dataclass(frozen=True, slots=True)
class Colours:
    ground: str
    ink: str
    quiet: str
    empty: str
    full: str


LIGHT = Colours("#ffffff", "#1b1f24", "#5d6773", "#e6eaee", "#1f8a4c")
DARK = Colours("#14181d", "#f1f4f6", "#a5b0bb", "#2b323a", "#3fbf74")


def draw(picture: ProgressPicture) -> bytes:
    """PNG."""
    with DRAWING:
        return _draw(picture)


def _draw(picture: ProgressPicture) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI)
    canvas = _Canvas(figure, FigureCanvasAgg(figure), DARK if picture.dark else LIGHT)
    _head(canvas, picture)
    _days(canvas, picture)
    _courses(canvas, picture)
    canvas.write(MARGIN, HEIGHT - 50, picture.footer, 32, canvas.colours.quiet)
    written = BytesIO()
    figure.savefig(written, format="png", facecolor=canvas.colours.ground)
    return written.getvalue()


class _Canvas:
    """In pixels from the upper left corner; `size` of letters in pixels."""

    def __init__(self, figure: Any, canvas: Any, colours: Colours) -> None:
        from matplotlib.font_manager import findfont, get_font

        self.colours = colours
        self._axes = figure.add_axes((0, 0, 1, 1))
        self._axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))
        self._axes.axis("off")
        self._renderer = canvas.get_renderer()
        self._known = set(get_font(findfont(FAMILY)).get_charmap())

    def write(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        colour: str,
        *,
        bold: bool = False,
        right: bool = False,
    ) -> None:
        """On the line `y`, cut where it would leave the picture. Signs the font does not have are left out."""
        plain = " ".join("".join(sign for sign in text if ord(sign) in self._known).split())
        room = (x if right else WIDTH - x) - MARGIN
        drawn = self._axes.text(
            x, y, plain, fontsize=size * 72 / DPI, color=colour, va="baseline", ha="right" if right else "left",
            fontfamily=FAMILY, fontweight="bold" if bold else "normal", parse_math=False,
        )  # fmt: skip
        while plain and drawn.get_window_extent(self._renderer).width > room:
            plain = plain[:-1].rstrip()
            drawn.set_text(plain + "…")

    def box(self, x: float, y: float, width: float, height: float, colour: str, edge: str = "none") -> None:
        from matplotlib.patches import FancyBboxPatch

        round_ = min(width, height) / 4
        style = f"round,pad=0,rounding_size={round_}"
        patch = FancyBboxPatch((x, y), width, height, boxstyle=style, fc=colour, ec=edge, linewidth=3)
        self._axes.add_patch(patch)


def _head(canvas: _Canvas, picture: ProgressPicture) -> None:
    canvas.write(MARGIN, 120, picture.title, 44, canvas.colours.quiet)
    canvas.write(MARGIN, 235, picture.big, 84, canvas.colours.ink, bold=True)
    canvas.write(MARGIN, 305, picture.small, 40, canvas.colours.quiet)


def _days(canvas: _Canvas, picture: ProgressPicture) -> None:
    """A column per week, a row per weekday."""
    colours, left = canvas.colours, WIDTH - MARGIN - len(picture.weeks) * (CELL + GAP) + GAP
    side = 54  # cells are lower than wide
    for row, name in enumerate(picture.weekdays):
        canvas.write(left - 18, TOP_OF_DAYS + row * (side + GAP) + 38, name, 30, colours.quiet, right=True)
    for week, name in enumerate(picture.weeks):
        x = left + week * (CELL + GAP)
        if name:
            canvas.write(x, TOP_OF_DAYS - 20, name, 30, colours.quiet)
        for row in range(7):
            day = picture.first + timedelta(days=7 * week + row)
            if day <= picture.today:
                edge = colours.ink if day == picture.today else "none"
                colour = colours.full if day in picture.days else colours.empty
                canvas.box(x, TOP_OF_DAYS + row * (side + GAP), CELL, side, colour, edge)


def _courses(canvas: _Canvas, picture: ProgressPicture) -> None:
    for at, course in enumerate(picture.courses[:MAX_COURSES]):
        y = TOP_OF_COURSES + at * COURSE_HEIGHT
        canvas.write(MARGIN, y + 20, course.name, 36, canvas.colours.ink, bold=True)
        width = WIDTH - 2 * MARGIN - 200
        canvas.box(MARGIN, y + 40, width, 28, canvas.colours.empty)
        if course.share > 0:
            canvas.box(MARGIN, y + 40, max(28, width * min(course.share, 1)), 28, canvas.colours.full)
        canvas.write(WIDTH - MARGIN, y + 66, course.told, 34, canvas.colours.quiet, right=True)
