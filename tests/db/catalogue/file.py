"""A small catalogue file, what is wrong with one, and the demo's."""

from pathlib import Path

import pytest

from bot.catalogue.reading import CatalogueError, parse
from bot.sandbox import __file__ as sandbox

SCHOOL = Path(sandbox).with_name("school.toml")


SMALL = """
[[modules]]
key = "python"
name = "Python"
[[modules.lessons]]
key = "one"
title = "One"
text = "First"
preview = true
[[modules.lessons]]
key = "two"
title = "Two"
text = "Second"
[[modules.lessons.questions]]
key = "q"
text = "1 + 1?"
options = ["2", "3"]
answer = 1
[[products]]
key = "course"
module = "python"
name = "Course"
[[products.offers]]
key = "month"
days = 30
price = 990.5
currency = "RUB"
[[promocodes]]
code = "SPRING"
product = "course"
days = 14
max_uses = 100
"""

# With questions of each kind, and a rule for the result.
ASKING = SMALL.replace(
    "answer = 1\n",
    """answer = 1
[[modules.lessons.questions]]
key = "even"
text = "Which are even?"
options = ["1", "2", "4"]
answers = ["2", 3]
hint = "Halves"
picture = "https://example.com/even.png"
[[modules.lessons.questions]]
key = "typed"
text = "Who wrote it?"
accepted = ["Pushkin", "Пушкин"]
explanation = "In 1833"
[[modules.lessons.questions]]
key = "pi"
text = "Pi?"
accepted = [3.14, "22,7"]
tolerance = 0.005
[[modules.lessons.questions]]
key = "year"
text = "As a text?"
kind = "text"
accepted = ["1833"]
[[results]]
key = "passed"
name = "Passed"
passed = true
share = 70
[[results]]
key = "again"
name = "Again"
passed = false
share = 0
""",
)


def wrong(source: str) -> list[str]:
    with pytest.raises(CatalogueError) as error:
        parse(source)
    return error.value.lines
