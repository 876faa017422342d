"""Markdown and MarkdownV2 to text and entities, and Telegram's refusals.

What is expected follows the rules of tdlib's parser, which the real server uses.
"""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.telegram.errors import ApiError
from bot.sandbox.telegram.markdown_text import RESERVED, parse_markdown, parse_markdown_v2
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.text import read_text
from tests.sandbox.telegram_world import ANNA, Bot

Marks = list[tuple[str, int, int]]


def marks(found: tuple[str, list[dict[str, object]]]) -> tuple[str, list[tuple[object, ...]]]:
    """Text and (type, offset, length); by offset, the longer one first."""
    text, entities = found
    shown = [(one["type"], one["offset"], one["length"]) for one in entities]
    return text, sorted(shown, key=lambda one: (one[1], -int(str(one[2])), str(one[0])))


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("*bold* _italic_ `code`", "bold italic code", [("bold", 0, 4), ("italic", 5, 6), ("code", 12, 4)]),
        ("\\_ \\* \\` \\[ \\] \\x", "_ * ` [ \\] \\x", []),
        ("*a _b_ c*", "a _b_ c", [("bold", 0, 7)]),
        ("😀*Ж😀*", "😀Ж😀", [("bold", 2, 3)]),
        ("**x**", "x", []),
        ("[](example.org)", "(example.org)", []),
        ("[here](https://example.org/x", "here", [("text_link", 0, 4)]),
        ("[example.org]!", "example.org!", [("text_link", 0, 11)]),
        ("[here](nowhere)", "here", []),
        ("```python\nx = 1```.", "x = 1.", [("pre", 0, 5)]),
        ("```x```", "x", [("pre", 0, 1)]),
        ("1 - 2 = (3). #!", "1 - 2 = (3). #!", []),
    ],
)
def test_legacy_markdown(source: str, text: str, expected: Marks) -> None:
    assert marks(parse_markdown(source)) == (text, expected)


def test_legacy_addresses_and_languages() -> None:
    assert parse_markdown("[x](https://example.org/?a=1)")[1][0]["url"] == "https://example.org/?a=1"
    assert parse_markdown("[example.org]")[1][0]["url"] == "http://example.org"
    assert parse_markdown("```c++ \nx```")[1][0]["language"] == "c++"


@pytest.mark.parametrize("source", ["Ж *x", "Ж _", "Ж [x](y", "Ж ```x``", "Ж `"])
def test_legacy_markdown_left_open(source: str) -> None:
    if source == "Ж [x](y":
        assert parse_markdown(source)[0] == "Ж x"
        return
    with pytest.raises(ApiError) as caught:
        parse_markdown(source)
    what = "Can't find end of the entity starting at byte offset 3"
    assert caught.value.description == f"Bad Request: can't parse entities: {what}"


RESERVED_MARK = "Character '{}' is reserved and must be escaped with the preceding '\\'"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("Ж _left", "Can't find end of Italic entity at byte offset 3"),
        ("Ж _left *open", "Can't find end of Bold entity at byte offset 9"),
        ("Ж _left *open_", "Can't find end of Italic entity at byte offset 14"),
        ("😀`", "Can't find end of Code entity at byte offset 4"),
        ("😀```", "Can't find end of Pre entity at byte offset 4"),
        ("😀```py", "Can't find end of Pre entity at byte offset 4"),
        ("😀```py ", "Can't find end of PreCode entity at byte offset 4"),
        ("😀```py x_\\`", "Can't find end of PreCode entity at byte offset 4"),
        ("__x_", "Can't find end of Italic entity at byte offset 3"),
        ("_x__", "Can't find end of Underline entity at byte offset 2"),
        ("__a _b___", "Can't find end of Italic entity at byte offset 8"),
        ("||x\\|", "Can't find end of Spoiler entity at byte offset 0"),
        ("~x", "Can't find end of Strikethrough entity at byte offset 0"),
        ("[a\\.b](c\\)", "Can't find end of a URL at byte offset 7"),
        ("[a\\.b](", "Can't find end of a URL at byte offset 7"),
        ("[a", "Can't find end of TextUrl entity at byte offset 0"),
        ("wow!", RESERVED_MARK.format("!")),
        ("1 > 0", RESERVED_MARK.format(">")),
        ("1 | 0", RESERVED_MARK.format("|")),
        ("![😀", "Can't find end of CustomEmoji entity at byte offset 0"),
        ("![😀]", "Custom emoji entity must contain a tg://emoji URL"),
        ("![😀](tg://emoji?id=7", "Can't find end of a custom emoji URL at byte offset 8"),
        ("![😀](https://emoji?id=7)", "Custom emoji URL must have scheme tg"),
        ("![😀](tg://sticker?id=7)", 'Custom emoji URL must have host "emoji"'),
        ("![😀](tg://emoji?no=7)", "Custom emoji URL must have an emoji identifier"),
        ("![😀](tg://emoji?id=x7)", "Invalid custom emoji identifier specified"),
        (">*one\n>two\nthree*", "Can't find end of Bold entity at byte offset 1"),
        (">one\n*two*>three", RESERVED_MARK.format(">")),
        (">one ||two||\n>three ||four\n", "Can't find end of Spoiler entity at byte offset 20"),
    ],
)
def test_v2_refusals(source: str, what: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_markdown_v2(source)
    assert caught.value.description == f"Bad Request: can't parse entities: {what}"


@pytest.mark.parametrize("character", [c for c in RESERVED if c not in "_*[~`>"])
def test_v2_reserves_every_mark(character: str) -> None:
    with pytest.raises(ApiError, match="is reserved and must be escaped"):
        parse_markdown_v2(character)
    assert parse_markdown_v2("\\" + character) == (character, [])


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("", "", []),
        ("\\\\ \\_ \\* \\` \\a \\Ж", "\\ _ * ` a \\Ж", []),
        ("a``b", "ab", []),
        ("a``````b", "ab", []),
        ("a____b", "ab", []),
        ("a**b", "ab", []),
        ("_a \\* b_", "a * b", [("italic", 0, 5)]),
        ("Ж😀_a_*b*", "Ж😀ab", [("italic", 3, 1), ("bold", 4, 1)]),
        ("_a *b*_", "a b", [("italic", 0, 3), ("bold", 2, 1)]),
        ("_a __b___", "a b", [("italic", 0, 3), ("underline", 2, 1)]),
        ("__a _b_\\___", "a b_", [("underline", 0, 4), ("italic", 2, 1)]),
        ("||x|| ~y~", "x y", [("spoiler", 0, 1), ("strikethrough", 2, 1)]),
        ("`a_*b`", "a_*b", [("code", 0, 4)]),
        ("*a`b*c`d*", "ab*cd", [("bold", 0, 5), ("code", 1, 3)]),
        ("```py x```", " x", [("pre", 0, 2)]),
        ("```py\r\nx```", "x", [("pre", 0, 1)]),
        ("```\n\nx```", "\nx", [("pre", 0, 2)]),
        ("[](example.org)", "", []),
        ("[ ](nowhere)", " ", []),
        ("[example\\.org]a", "example.orga", [("text_link", 0, 11)]),
        ("[example\\.org]()", "example.org", []),
        ("![😀](tg://emoji?id=7)", "😀", [("custom_emoji", 0, 2)]),
        (">", "", []),
        (">a\n>b", "a\nb", [("blockquote", 0, 3)]),
        ("a\n>b\n>c\nd", "a\nb\nc\nd", [("blockquote", 2, 4)]),
        (">a\nb \\> c", "a\nb > c", [("blockquote", 0, 2)]),
        ("\r>a", "\ra", [("blockquote", 1, 1)]),
        (">*a\n>b*\nc", "a\nb\nc", [("blockquote", 0, 4), ("bold", 0, 3)]),
        ("*>a\n*", "a\n", [("blockquote", 0, 2), ("bold", 0, 2)]),
        (">`a\n>b`\nc", "a\n>b\nc", [("blockquote", 0, 5), ("code", 0, 4)]),
        (">a\n**>b", "a\nb", [("blockquote", 0, 2), ("blockquote", 2, 1)]),
        (">a\n>||b||c||\nd", "a\nbc\nd", [("expandable_blockquote", 0, 5), ("spoiler", 2, 1)]),
        (">a\n>||b||\nc", "a\nb\nc", [("blockquote", 0, 4), ("spoiler", 2, 1)]),
        (">a||\r\nb", "a\r\nb", [("expandable_blockquote", 0, 3)]),
        (">a||", "a", [("expandable_blockquote", 0, 1)]),
        (">||", "", []),
    ],
)
def test_v2(source: str, text: str, expected: Marks) -> None:
    assert marks(parse_markdown_v2(source)) == (text, expected)


def test_v2_addresses_and_languages() -> None:
    url = parse_markdown_v2("[x](https://example.org/?a=\\\\\\))")[1][0]["url"]
    assert url == "https://example.org/?a=\\)"
    assert parse_markdown_v2("```c++\nx```")[1][0]["language"] == "c++"
    assert parse_markdown_v2("![👍](tg://emoji?id=25)")[1][0]["custom_emoji_id"] == "25"


@given(st.text(alphabet="яx😀 \\" + RESERVED + "\n", min_size=1))
def test_v2_escaped_text_comes_back_whole(text: str) -> None:
    escaped = "".join("\\" + c if c in RESERVED + "\\" else c for c in text)
    assert parse_markdown_v2(f"*{escaped}*") == (
        text,
        [{"type": "bold", "offset": 0, "length": len(text.encode("utf-16-le")) // 2}],
    )


@given(
    st.sampled_from([parse_markdown, parse_markdown_v2]), st.text(alphabet="яx😀\\\n\r[]()!:/.tg?id=1*_~|`>")
)
def test_whatever_comes_is_parsed_or_refused(parse: object, text: str) -> None:
    assert callable(parse)
    with suppress(ApiError):
        parse(text)


@pytest.mark.parametrize("mode", ["Markdown", "MARKDOWN", "MarkdownV2", "markdownv2"])
def test_the_modes_name_in_any_case(mode: str) -> None:
    formatted = read_text(Params({"text": " *x* @someone ", "parse_mode": mode}))
    assert formatted.text == "x @someone"
    assert formatted.entities == [
        {"type": "bold", "offset": 0, "length": 1},
        {"type": "mention", "offset": 2, "length": 8},
    ]


async def test_the_outer_entity_comes_first(bot: Bot) -> None:
    await bot.person().send()
    text = "*[x](https://example.org)*"
    sent = await bot.ok("sendMessage", chat_id=ANNA, text=text, parse_mode="MarkdownV2")
    assert [entity["type"] for entity in sent["entities"]] == ["text_link", "bold"]
    html = '<b><a href="https://example.org">x</a></b>'
    sent = await bot.ok("sendMessage", chat_id=ANNA, text=html, parse_mode="HTML")
    assert [entity["type"] for entity in sent["entities"]] == ["text_link", "bold"]
    await bot.ok("sendMessage", chat_id=ANNA, text="_x_", parse_mode="NONE")
    assert await bot.refused("sendMessage", chat_id=ANNA, text="x", parse_mode="BBCode") == (
        "Bad Request: unsupported parse_mode"
    )


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        ("HTML", '<a href="tg://user?id={}">Anna</a>'),
        ("Markdown", "[Anna](tg://user?id={})"),
        ("MarkdownV2", "[Anna](tg://user?id={})"),
    ],
)
async def test_a_link_to_a_user_is_a_mention(bot: Bot, mode: str, text: str) -> None:
    await bot.person().send()
    sent = await bot.ok("sendMessage", chat_id=ANNA, text=text.format(ANNA), parse_mode=mode)
    (mention,) = sent["entities"]
    assert (mention["type"], mention["length"], mention["user"]["id"]) == ("text_mention", 4, ANNA)
    unknown = {"chat_id": ANNA, "text": text.format(5), "parse_mode": mode}
    edited = await bot.ok("editMessageText", message_id=sent["message_id"], **unknown)
    assert (edited["text"], "entities" in edited) == ("Anna", False)
