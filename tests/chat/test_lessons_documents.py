"""A lesson's text as Telegram shows it: both markups, both kinds of message, held against what the sandbox reads."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat import markup
from bot.chat.markup import MarkupError
from bot.lessons import document
from bot.lessons.limits import measure
from bot.sandbox.telegram.errors import ApiError
from bot.sandbox.telegram.html_text import parse_html
from bot.sandbox.telegram.rich import limits, tree
from bot.sandbox.telegram.rich.blocks import Reader

MARKDOWN = """
# Циклы

Текст *курсивом*, **жирно**, ~~нет~~, `a < b`, $x^2 < 4$ и <u>черта</u>;
[ссылка](https://example.com/?a=1&b=2)\\
новая строка & знак

![Схема](https://example.com/a.png "Схема цикла")

- один
- два

  3. три

     ```python
     for x in y:
         print(x)
     ```

$$
E = mc^2
$$

<details><summary>Подсказка **раз**</summary>

Внутри **жирно**

> цитата

</details>

| имя | число |
|-----|------:|
| a   | 1     |

> Мысль

---
"""
HTML = """Первый <b>жирный
текст</b> & ещё &lt;

<pre><code class="language-python">print("a")

print("b")</code></pre>

<i>один

два</i>
<blockquote expandable>цитата
строка</blockquote>
конец <span class="tg-spoiler">тайны</span>"""


def read(html: str) -> list[dict[str, Any]]:
    """As the sandbox takes it. Raises ApiError."""
    reader = Reader(lambda tag, source: {"type": "photo", "photo": [source]}, detect=False)
    blocks = reader.flow(tree.parse(html).children)
    limits.check(blocks)
    return blocks


def kinds(html: str) -> list[str]:
    return [block["type"] for block in read(html)]


def test_markdown_becomes_one_rich_document() -> None:
    html = document.as_rich(MARKDOWN, "markdown")
    assert kinds(html) == [
        "heading",
        "paragraph",
        "photo",
        "list",
        "mathematical_expression",
        "details",
        "table",
        "blockquote",
        "divider",
    ]
    _heading, paragraph, photo, items, formula, details, *_ = read(html)
    assert {"type": "mathematical_expression", "expression": "x^2 < 4"} in paragraph["text"]
    assert photo["caption"]["text"] == "Схема цикла"
    assert items["items"][1]["blocks"][1]["items"][0]["label"] == "3."
    assert formula["expression"] == "E = mc^2"
    assert [one["type"] for one in details["blocks"]] == ["paragraph", "blockquote"]


def test_markdown_becomes_a_classic_message() -> None:
    text, entities = parse_html(document.as_classic(MARKDOWN, "markdown"))
    assert "• один\n\n• два\n\n   3. три" in text
    assert "a    1" in text
    assert "🖼 Схема цикла" in text
    assert "x^2 < 4" in text
    found = {entity["type"] for entity in entities}
    assert found >= {"bold", "italic", "strikethrough", "code", "pre", "underline", "text_link"}
    assert [entity["type"] for entity in entities if "blockquote" in entity["type"]] == [
        "expandable_blockquote",
        "blockquote",
    ]


def test_a_table_whose_heading_is_empty_has_none() -> None:
    written = "| | |\n|---|---:|\n| сумма | 5 |\n| всего | 15 |"
    [table] = read(document.as_rich(written, "markdown"))
    assert [[cell["text"] for cell in row] for row in table["cells"]] == [["сумма", "5"], ["всего", "15"]]
    text, _ = parse_html(document.as_classic(written, "markdown"))
    assert text == "сумма  5\nвсего  15"


def test_telegram_s_html_becomes_a_rich_document() -> None:
    blocks = read(document.as_rich(HTML, "html"))
    assert [block["type"] for block in blocks] == [
        "paragraph",
        "pre",
        "paragraph",
        "paragraph",
        "blockquote",
        "paragraph",
    ]
    assert blocks[0]["text"] == ["Первый ", {"type": "bold", "text": "жирный\nтекст"}, " & ещё <"]
    assert blocks[1] == {"type": "pre", "text": 'print("a")\n\nprint("b")', "language": "python"}
    assert [block["text"]["type"] for block in blocks[2:4]] == ["italic", "italic"]
    assert document.as_classic(HTML, "html") == HTML


@pytest.mark.parametrize(
    ("written", "rich"),
    [
        ("a <b>b\n\nc</b> d", "<p>a <b>b</b></p><p><b>c</b> d</p>"),
        ("a <b>b <i>c\n\n\nd</i></b>", "<p>a <b>b <i>c</i></b></p><p><b><i>d</i></b></p>"),
        ("a<b>\n\n</b>", "<p>a<b></b></p>"),
        ("<b>\n\n</b>a", "<p><b></b>a</p>"),
        (
            "<b>a\n\n<blockquote>b\n\nc</blockquote></b>",
            "<p><b>a</b></p><blockquote><p><b>b</b></p><p><b>c</b></p></blockquote>",
        ),
        ("a\n<i>\nb</i>\n", "<p>a<br/><i><br/>b</i></p>"),
        ('<a href="https://x.example/?a>b">\n\n</a>y', '<p><a href="https://x.example/?a>b"></a>y</p>'),
        ('<SPAN class="tg-spoiler">x</SPAN>', "<p><tg-spoiler>x</tg-spoiler></p>"),
        ("<pre></pre>x", "<p>x</p>"),
        ("<pre>x<b><pre>y</pre></b></pre>", "<pre>xy</pre>"),
        ("<pre>a<pre>b</pre>c</pre>d", "<pre>abc</pre><p>d</p>"),
        ('<pre><span class="tg-spoiler">x &amp; y</span></pre>', "<pre>x &amp; y</pre>"),
        ('<b>a<pre><code class="language-x">b\n\n<i>c</i></code></pre>d</b>',
         '<p><b>a</b></p><pre><code class="language-x">b\n\nc</code></pre><p><b>d</b></p>'),
    ],
)  # fmt: skip
def test_a_format_goes_on_over_paragraphs(written: str, rich: str) -> None:
    assert document.as_rich(written, "html") == rich
    read(rich)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there is no text"),
        ("<!-- x -->", "line 1"),
        ("x\n\n<table><tr></tr></table>", "line 3"),
        ("a <b>x</b>", "'<b>' is none of"),
        ("a <u>x", "<u> is never closed"),
        ("a x</u>", "</u> where nothing"),
        ("text ![a](https://example.com/a.png) text", "a paragraph of its own"),
        ("![a](a.png)", "an address that begins with https://"),
        ("![a](../../etc/passwd)", "an address that begins with https://"),
        ("[a](page.html)", "a link is an address"),
        ("x\n```\n\n```", "line 2: there is nothing in it"),
        ("<details><summary>x</summary>\n\nnever closed", "<details> is never closed"),
        ("<details><summary></summary>x</details>", "needs a summary"),
        ("- <details><summary>x</summary>y</details>", "HTML blocks stand in no list"),
    ],
)
def test_what_no_message_shows_is_refused_with_its_line(text: str, why: str) -> None:
    with pytest.raises(MarkupError, match=why.replace("(", r"\(")):
        document.check(text, "markdown")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("слово " * 6_000, "characters"),
        ("- x\n" * 250, "blocks"),
        ("".join(f"{'>' * depth} x\n" for depth in range(1, 18)), "levels"),
        ("![a](https://example.com/a.png)\n\n" * 51, "pictures"),
        ("|" + "a|" * 21 + "\n|" + "-|" * 21, "columns"),
    ],
)
def test_what_is_too_large_for_a_rich_message_is_known_before(text: str, why: str) -> None:
    document.check(text, "markdown")
    with pytest.raises(MarkupError, match=why):
        document.check_rich(text, "markdown", has_file=False)
    with pytest.raises(ApiError):
        read(document.as_rich(text, "markdown"))


def test_the_lesson_s_own_file_is_counted_too() -> None:
    most = "![a](https://example.com/a.png)\n\n" * 50
    assert document.rich_problems(most, "markdown", has_file=False) == ()
    assert document.rich_problems(most, "markdown", has_file=True) == ("51 pictures and files, at most 50",)


words = st.text("абв xyz&<>*_`#|-[]()!$~\\\n", min_size=1, max_size=60)
lines = st.sampled_from(
    ["# h", "- a", "  - b", "1. c", "> q", "| a | b |", "|---|---|", "| 1 | 2 |", "```", "$$", "---", "", "",
     "**b** *i* `c` $f$", "![p](https://example.com/a.png)", "<details><summary>s</summary>", "</details>", "a<br>b"]
)  # fmt: skip


@given(st.lists(lines | words, max_size=25).map("\n".join))
@settings(max_examples=300, deadline=None)
def test_whatever_passes_the_check_is_taken_by_telegram(text: str) -> None:
    """Both as a rich document, whose size is counted as the sandbox counts it, and as classic messages."""
    try:
        document.check(text, "markdown")
    except MarkupError:
        return
    for page in markup.pages(document.as_classic(text, "markdown")):
        parse_html(page)
    html = document.as_rich(text, "markdown")
    blocks = list(limits._all(read(html)))
    size = measure(html)
    assert size.blocks == sum(len(one.get("cells", ())) + len(one.get("items", ())) + 1 for one in blocks)
    assert size.levels >= max(map(limits._depth, blocks))
    assert size.characters >= sum(map(limits._characters, blocks))


@given(st.lists(st.sampled_from(["<b>", "</b>", "<i>", "</i>", "<pre>", "</pre>", "<blockquote>", "</blockquote>",
                                 "a & b", "&lt;", "\n", "\n\n", " "]), max_size=20).map("".join))  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_whatever_html_passes_the_check_is_a_rich_document(text: str) -> None:
    try:
        document.check(text, "html")
    except MarkupError:
        return
    try:
        assert read(document.as_rich(text, "html"))
    except ApiError as error:
        assert "not allowed inside text" in error.description  # noqa: PT017
