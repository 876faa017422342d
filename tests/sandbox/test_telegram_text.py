"""HTML to text and entities, with Telegram's offsets and refusals."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.telegram.errors import ApiError
from bot.sandbox.telegram.html_text import parse_html
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.text import from_person, read_text, utf16_len


def marks(source: str) -> list[tuple[str, int, int]]:
    _, entities = parse_html(source)
    return [(one["type"], one["offset"], one["length"]) for one in entities]


def cut(text: str, entity: dict[str, int]) -> str:
    raw = text.encode("utf-16-le")
    return raw[entity["offset"] * 2 : (entity["offset"] + entity["length"]) * 2].decode("utf-16-le")


def test_offsets_count_utf16_units() -> None:
    text, entities = parse_html("Ж😀<b>день 👩‍👩‍👧</b> <i>x</i>")
    assert [cut(text, entity) for entity in entities] == ["день 👩‍👩‍👧", "x"]
    assert entities[0] == {"type": "bold", "offset": 3, "length": 5 + 8}


@given(st.text(alphabet="яx😀&<>\"' 👩‍👧", min_size=1))
def test_escaped_text_comes_back_whole(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain, entities = parse_html(f"<b>{escaped}</b>")
    assert plain == text
    assert entities == [{"type": "bold", "offset": 0, "length": utf16_len(text)}]


def test_every_tag() -> None:
    for tag, kind in {
        "b": "bold",
        "strong": "bold",
        "i": "italic",
        "em": "italic",
        "u": "underline",
        "ins": "underline",
        "s": "strikethrough",
        "strike": "strikethrough",
        "del": "strikethrough",
        "tg-spoiler": "spoiler",
        "code": "code",
        "pre": "pre",
        "blockquote": "blockquote",
    }.items():
        assert marks(f"<{tag}>x</{tag.upper()}>") == [(kind, 0, 1)]
    assert marks('<span class="tg-spoiler">x</span>') == [("spoiler", 0, 1)]
    assert marks("<blockquote expandable>x</blockquote>") == [("expandable_blockquote", 0, 1)]


def test_links_keep_their_address() -> None:
    _, entities = parse_html(
        "<a href=\"http://a.b/?x=1&amp;y=&quot;2&quot;\">q</a> <a href='tg://user?id=1'>w</a>"
    )
    assert [entity["url"] for entity in entities] == ['http://a.b/?x=1&y="2"', "tg://user?id=1"]
    assert parse_html('<a href="javascript:alert(1)">q</a>') == ("q", [])


def test_code_with_a_language() -> None:
    _, entities = parse_html('<pre><code class="language-python">x</code></pre>')
    assert entities == [{"type": "pre", "offset": 0, "length": 1, "language": "python"}]


def test_nested_marks_are_listed_from_the_outside() -> None:
    values = Params({"text": "<i><b>a</b>b</i><u>c</u>", "parse_mode": "html"})
    kinds = [(one["type"], one["offset"], one["length"]) for one in read_text(values).entities]
    assert kinds == [("italic", 0, 2), ("bold", 0, 1), ("underline", 2, 1)]


@pytest.mark.parametrize(
    ("source", "refusal"),
    [
        ("яя<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 4'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("a<b", "Unclosed start tag at byte offset 1"),
        ("<!-- x -->", 'Unsupported start tag "!--" at byte offset 0'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<a href="x>y</a>', 'Wrong attribute in the tag "a" at byte offset 0'),
    ],
)
def test_refusals(source: str, refusal: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_html(source)
    assert caught.value.description == f"Bad Request: can't parse entities: {refusal}"


@given(st.text(alphabet="<>/ab& =\"'😀я;#1", max_size=40))
def test_anything_is_parsed_or_refused(source: str) -> None:
    with suppress(ApiError):
        text, entities = parse_html(source)
        assert all(one["offset"] + one["length"] <= utf16_len(text) for one in entities)


def test_references_telegram_knows() -> None:
    assert parse_html("&lt;&#128512;&#x44f;&amp;&nbsp;&copy;&")[0] == "<😀я&&nbsp;&copy;&"


def test_what_people_write_is_searched_but_never_parsed() -> None:
    found = from_person("<b>/pay_1@some_bot</b> 😀 https://a.b/c?d=е, a@b.io #тег @anna_sandbox")
    assert found.text.startswith("<b>/pay")
    assert [(one["type"], cut(found.text, one)) for one in found.entities] == [
        ("url", "https://a.b/c?d=е"),
        ("email", "a@b.io"),
        ("hashtag", "#тег"),
        ("mention", "@anna_sandbox"),
    ]
    assert from_person("/pay_1@some_bot x").entities == [{"type": "bot_command", "offset": 0, "length": 15}]


def test_nothing_is_searched_inside_code() -> None:
    values = Params({"text": "<code>/start</code> /help", "parse_mode": "HTML"})
    assert [one["type"] for one in read_text(values).entities] == ["code", "bot_command"]


def test_spaces_around_are_cut_and_entities_moved() -> None:
    formatted = read_text(Params({"text": " \n<b> x </b> ", "parse_mode": "HTML"}))
    assert formatted.text == "x"
    assert formatted.entities == [{"type": "bold", "offset": 0, "length": 1}]
