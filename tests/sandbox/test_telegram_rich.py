"""Rich messages: what they carry, their limits, edits into texts and back, and a server that knows none."""

from typing import Any

import pytest
from aiogram.types import Message

from tests.sandbox.telegram_world import ANNA, Bot, World

DOCUMENT = """
<h2>Циклы</h2>
<p>Текст с <b>жирным <i>и курсивом</i></b>,<br>кодом <code>for</code> и <a href="https://example.com/">ссылкой</a>.</p>
<ul><li>один</li><li><p>два</p><ol start="3"><li>три</li></ol></li></ul>
<table bordered><tr><th>a</th><th align="right">b</th></tr><tr><td>1</td><td colspan="1">2</td></tr></table>
<pre><code class="language-python">for x in y:
    print(x)</code></pre>
<details><summary>Подсказка</summary><p>Это &lt;b&gt;</p></details>
<figure><img src="https://example.com/a.png"/><figcaption>Схема</figcaption></figure>
<p>Формула <tg-math>x^2 < 4</tg-math></p>
<tg-math-block>E = mc^2</tg-math-block><hr>
<blockquote>Мысль<cite>Автор</cite></blockquote>
Пишите на a@example.com
"""


def rich(html: str, **more: Any) -> dict[str, Any]:
    return {"html": html, **more}


async def blocks(bot: Bot, html: str) -> list[dict[str, Any]]:
    sent = await bot.ok("sendRichMessage", chat_id=ANNA, rich_message=rich(html))
    found: list[dict[str, Any]] = sent["rich_message"]["blocks"]
    return found


async def refusal(bot: Bot, html: str) -> str:
    return await bot.refused("sendRichMessage", chat_id=ANNA, rich_message=rich(html))


async def test_a_document_becomes_blocks_that_aiogram_reads(bot: Bot) -> None:
    await bot.person().send()
    html = DOCUMENT.replace("x^2 < 4", "x^2 &lt; 4")
    sent = await bot.ok("sendRichMessage", chat_id=ANNA, rich_message=rich(html))
    message = Message.model_validate(sent)
    assert message.rich_message is not None
    kinds = [block.type for block in message.rich_message.blocks]
    assert kinds == [
        "heading",
        "paragraph",
        "list",
        "table",
        "pre",
        "details",
        "photo",
        "paragraph",
        "mathematical_expression",
        "divider",
        "blockquote",
        "paragraph",
    ]
    heading, paragraph, items, table, pre, details, photo, formula, *_rest, last = sent["rich_message"][
        "blocks"
    ]
    assert heading == {"type": "heading", "text": "Циклы", "size": 2}
    assert paragraph["text"][1] == {
        "type": "bold",
        "text": ["жирным ", {"type": "italic", "text": "и курсивом"}],
    }
    assert paragraph["text"][2] == ",\nкодом "
    assert items["items"][1]["blocks"][1]["items"][0]["label"] == "3."
    assert table["is_bordered"]
    assert table["cells"][0][1]["align"] == "right"
    assert pre == {"type": "pre", "text": "for x in y:\n    print(x)", "language": "python"}
    assert details["blocks"] == [{"type": "paragraph", "text": "Это <b>"}]
    assert photo["caption"] == {"text": "Схема"}
    assert formula["text"][1] == {"type": "mathematical_expression", "expression": "x^2 < 4"}
    assert last["text"][1] == {
        "type": "email_address",
        "text": "a@example.com",
        "email_address": "a@example.com",
    }
    shown = (await bot.person().chat())["messages"][-1]
    assert shown["rich_message"] == sent["rich_message"]


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("<h7>x</h7>", "Unsupported start tag"),
        ("<p>x", "Can't find end tag"),
        ("<b>x</p></b>", "Unmatched end tag"),
        ("x < y", "Unclosed start tag"),
        ("<p><ul><li>x</li></ul></p>", "not allowed inside text"),
        ("<p>a <img src='https://example.com/a.png'/></p>", "not allowed inside text"),
        ("<details>x</details>", "summary"),
        ("<table></table>", "rows"),
        ("<ul>x</ul>", "Text is not allowed"),
        ("<img src='ftp://example.com/a.png'/>", "wrong file identifier"),
        ("<img src='https://school.invalid/a.png'/>", "failed to get HTTP URL content"),
        ("<img src='tg://photo?id=none'/>", "Media not found"),
        ("  ", "message text is empty"),
        ("<p></p>", "message text is empty"),
        ("", "exactly one"),
    ],
)
async def test_refused(bot: Bot, html: str, why: str) -> None:
    await bot.person().send()
    assert why in await refusal(bot, html or "")


async def test_limits(bot: Bot) -> None:
    await bot.person().send()
    await blocks(bot, f"<p>{'я' * 32_768}</p>")
    assert "too long" in await refusal(bot, f"<p>{'я' * 32_769}</p>")
    await blocks(bot, "<p>x</p>" * 500)
    assert "too many blocks" in await refusal(bot, "<p>x</p>" * 501)
    assert "too many blocks" in await refusal(bot, f"<ul>{'<li>x</li>' * 251}</ul>")
    await blocks(bot, "<table><tr>" + "<td>x</td>" * 20 + "</tr></table>")
    assert "columns" in await refusal(bot, "<table><tr>" + "<td>x</td>" * 21 + "</tr></table>")
    await blocks(bot, "<img src='https://example.com/a.png'/>" * 50)
    assert "media" in await refusal(bot, "<img src='https://example.com/a.png'/>" * 51)
    assert await blocks(bot, "<blockquote>" * 15 + "x" + "</blockquote>" * 15)
    assert "deep" in await refusal(bot, "<blockquote>" * 16 + "x" + "</blockquote>" * 16)


async def test_texts_and_rich_messages_are_edited_into_each_other(bot: Bot) -> None:
    await bot.person().send()
    sent = await bot.ok("sendMessage", chat_id=ANNA, text="x")
    place = {"chat_id": ANNA, "message_id": sent["message_id"]}
    edited = await bot.ok("editMessageText", rich_message=rich("<p>y</p>"), **place)
    assert "text" not in edited
    assert edited["rich_message"]["blocks"]
    assert "not modified" in await bot.refused("editMessageText", rich_message=rich("<p>y</p>"), **place)
    edited = await bot.ok("editMessageText", text="z", **place)
    assert edited["text"] == "z"
    assert "rich_message" not in edited
    photo = {"type": "photo", "media": "https://example.com/a.png"}
    edited = await bot.ok("editMessageMedia", media=photo, **place)
    assert edited["photo"]
    assert "text" not in edited
    assert "no text" in await bot.refused("editMessageText", rich_message=rich("<p>y</p>"), **place)
    assert "unknown" in await bot.refused("editMessageMedia", media=photo | {"type": "voice"}, **place)


async def test_media_by_file_id_are_listed_beside(bot: Bot) -> None:
    await bot.person().send()
    sent = await bot.ok("sendPhoto", chat_id=ANNA, photo="https://example.com/a.png")
    listed = [{"id": "one", "media": {"type": "photo", "media": sent["photo"][-1]["file_id"]}}]
    message = rich("<img src='tg://photo?id=one'/><p>x</p>", media=listed)
    sent = await bot.ok("sendRichMessage", chat_id=ANNA, rich_message=message, protect_content=True)
    assert sent["rich_message"]["blocks"][0]["photo"]
    assert sent["has_protected_content"]


async def test_an_older_server_knows_no_rich_messages(kept_world: World) -> None:
    bot = await kept_world.new_bot()
    await bot.person().send()
    sent = await bot.ok("sendMessage", chat_id=ANNA, text="x")
    kept_world.sandbox.faults.set(telegram_old=True)
    answer = await bot.call("sendRichMessage", chat_id=ANNA, rich_message=rich("<p>x</p>"))
    assert answer["error_code"] == 404
    place = {"chat_id": ANNA, "message_id": sent["message_id"]}
    refused = await bot.refused("editMessageText", rich_message=rich("<p>y</p>"), **place)
    assert refused == "Bad Request: message text is empty"


MARKDOWN = r"""# Циклы

Текст **жирный**, _курсив ==и **метка**==_, ~~нет~~, `код`, ||скрыто||, a == b, $x^2<3$, <u>черта</u>,\
![👍](tg://emoji?id=5) ![22:45](tg://time?unix=1647531900&format=wDT) [почта](mailto:a@example.com)

- [ ] один
- [x] два

3. три
   - четыре

![](https://example.com/a.png "Схема")
![](https://example.com/b.png)

| A | B |
|---|--:|
| 1 | 2 |

```python
x < 1
```

$$E = mc^2$$

> Мысль

---

<details open><summary>Подсказка</summary>

Это **цикл**

</details>
"""


async def test_markdown_is_read_as_the_html_it_stands_for(bot: Bot) -> None:
    await bot.person().send()
    sent = await bot.ok("sendRichMessage", chat_id=ANNA, rich_message={"markdown": MARKDOWN})
    assert Message.model_validate(sent).rich_message is not None
    html = """<h1>Циклы</h1><p>Текст <b>жирный</b>, <i>курсив <mark>и <b>метка</b></mark></i>, <s>нет</s>,
    <code>код</code>, <tg-spoiler>скрыто</tg-spoiler>, a == b, <tg-math>x^2&lt;3</tg-math>, <u>черта</u>,<br>
    <tg-emoji emoji-id="5">👍</tg-emoji> <tg-time unix="1647531900" format="wDT">22:45</tg-time>
    <a href="mailto:a@example.com">почта</a></p>
    <ul><li><input type="checkbox"> один</li><li><input type="checkbox" checked> два</li></ul>
    <ol start="3"><li>три<ul><li>четыре</li></ul></li></ol>
    <figure><img src="https://example.com/a.png"/><figcaption>Схема</figcaption></figure><img src="https://example.com/b.png"/>
    <table><tr><th>A</th><th align="right">B</th></tr><tr><td>1</td><td align="right">2</td></tr></table>
    <pre><code class="language-python">x &lt; 1</code></pre><tg-math-block>E = mc^2</tg-math-block>
    <blockquote>Мысль</blockquote><hr><details open><summary>Подсказка</summary>Это <b>цикл</b></details>"""
    assert without_ids(sent["rich_message"]["blocks"]) == without_ids(await blocks(bot, html))


def without_ids(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A picture that is fetched twice is two files."""
    return [{key: value for key, value in one.items() if key != "photo"} for one in found]


@pytest.mark.parametrize(
    ("field", "said", "why"),
    [
        ("markdown", "a <h7>x</h7>", "Unsupported start tag"),
        ("markdown", "<details>\n\nx\n\n</details>", "summary"),
        ("markdown", "a ![](https://example.com/a.png)", "not allowed inside text"),
        ("markdown", "![](https://school.invalid/a.png)", "failed to get HTTP URL content"),
        ("markdown", "я" * 32_769, "too long"),
        ("markdown", "- x\n" * 251, "too many blocks"),
        ("markdown", "\n", "message text is empty"),
        ("markdown", "a[^1]\n\n[^1]: b", "not supported by the sandbox"),
        ("blocks", [{"type": "divider"}], "not supported by the sandbox"),
    ],
)
async def test_markdown_refused(bot: Bot, field: str, said: Any, why: str) -> None:
    await bot.person().send()
    assert why in await bot.refused("sendRichMessage", chat_id=ANNA, rich_message={field: said})
