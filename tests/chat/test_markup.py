"""Texts in Telegram's HTML: what is refused, and that a cut loses and breaks nothing."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.markup import MarkupError, check, pages
from bot.sandbox.telegram.html_text import parse_html

words = st.sampled_from(["word ", "line\n", "end.\n\n", "&lt;", "&amp;", "😀", "a" * 70, "ы ", " "])
pieces = st.recursive(
    st.lists(words, max_size=30).map("".join),
    lambda inner: st.tuples(
        st.sampled_from(["b", "i", "code", "blockquote", 'a href="https://example.com/?a=1&b=2"']),
        st.lists(inner, min_size=1, max_size=4),
    ).map(lambda made: f"<{made[0]}>{''.join(made[1])}</{made[0].split()[0]}>"),
    max_leaves=20,
)


def shown(html: str) -> str:
    """What a reader sees, without the blanks that a cut may eat."""
    return re.sub(r"\s+", "", unescape(re.sub(r"<[^>]+>", "", html)))


@given(pieces, st.integers(min_value=70, max_value=300))
def test_pages_fit_are_valid_and_lose_nothing(html: str, limit: int) -> None:
    made = pages(html, limit)
    for page in made:
        text, _entities = parse_html(page)
        assert 0 < len(text.encode("utf-16-le")) // 2 <= limit
    assert "".join(map(shown, made)) == shown(html)


def test_a_tag_open_at_the_cut_goes_on() -> None:
    assert pages("<b>one two</b> three", 5) == ["<b>one</b>", "<b>two</b>", "three"]


def test_paragraphs_stay_together() -> None:
    assert pages("a b c.\n\nd e f.\n\ng h", 16) == ["a b c.\n\nd e f.", "g h"]


@pytest.mark.parametrize(
    "html",
    ["<b>x", "a < b", "x</b>", "<b><i>x</b></i>", "<div>x</div>", "<span>x</span>", " <b> </b>", "<a>x</a>"],
)
def test_refused(html: str) -> None:
    with pytest.raises(MarkupError):
        check(html)


@pytest.mark.parametrize(
    "html",
    [
        "a > b & c &foo;",
        '<pre><code class="language-python">if a &lt; b:</code></pre>',
        "<blockquote expandable>x</blockquote>",
        '<span class="tg-spoiler">x</span><tg-spoiler>y</tg-spoiler>',
    ],
)
def test_taken_by_us_and_by_telegram(html: str) -> None:
    check(html)
    parse_html(html)
