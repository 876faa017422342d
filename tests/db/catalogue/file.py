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


def wrong(source: str) -> list[str]:
    with pytest.raises(CatalogueError) as error:
        parse(source)
    return error.value.lines
