"""Rich Markdown: GitHub's as far as it goes, ==marked==, ||spoilers||, $formulas$, and any tag of rich HTML. It is read
by way of that HTML, so that what is refused is refused alike.

https://core.telegram.org/bots/api#rich-markdown-style
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from bot.sandbox.telegram.errors import bad_request

MARKS = {"==": "mark", "||": "tg-spoiler"}
MARK = re.compile(r"(==|\|\|)")
IN_TEXT = ("tg://emoji?", "tg://time?")
FOOTNOTE = re.compile(r"^\[\^[^\]\s]+\]:", re.MULTILINE)
VIDEOS, AUDIOS = (".mp4", ".gif"), (".mp3", ".m4a", ".ogg", ".oga", ".opus")
ALIGNED = re.compile(r"text-align:(left|center|right)")


def to_html(source: str) -> str:
    """Raises 400 for footnotes, which the sandbox does not read."""
    if FOOTNOTE.search(source):
        raise bad_request("footnotes in rich messages are not supported by the sandbox")
    html: str = PARSER.render(source)
    return html


# --- before it is rendered ---


def _mark(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline":
            token.children = list(_with_marks(token.children or []))


def _with_marks(children: Sequence[Token]) -> Iterator[Token]:
    """A mark that opens at some depth of formats is closed by the next of its kind at that depth; one beside a blank
    opens nothing, or closes nothing."""
    pieces = [piece for child in children for piece in _split(child)]
    opened: dict[str, int] = {}
    tags: dict[int, str] = {}
    for at, piece in enumerate(pieces):
        opened = {mark: place for mark, place in opened.items() if pieces[place].level <= piece.level}
        if piece.type != "mark":
            continue
        place = opened.get(piece.content)
        if place is None or pieces[place].level != piece.level:
            if not _is_blank(pieces[at + 1 : at + 2], 0):
                opened[piece.content] = at
            continue
        if _is_blank(pieces[at - 1 : at], -1):
            continue
        tags[place], tags[at] = f"<{MARKS[piece.content]}>", f"</{MARKS[piece.content]}>"
        opened = {mark: other for mark, other in opened.items() if other < place}
    for at, piece in enumerate(pieces):
        kind, content = ("html_inline", tags[at]) if at in tags else ("text", piece.content)
        yield Token(kind, "", 0, content=content, level=piece.level) if piece.type == "mark" else piece


def _is_blank(beside: Sequence[Token], end: int) -> bool:
    """Whether there is nothing on that side, or a text whose first (0) or last (-1) character is a blank."""
    return not beside or (beside[0].type == "text" and beside[0].content[end].isspace())


def _split(token: Token) -> Iterator[Token]:
    if token.type != "text":
        yield token
        return
    for part in filter(None, MARK.split(token.content)):
        yield Token("mark" if part in MARKS else "text", "", 0, content=part, level=token.level)


def _free_blocks(state: StateCore) -> None:
    """Pictures and check boxes stand in no paragraph."""
    for at, token in enumerate(state.tokens):
        children = token.children or []
        box = bool(children) and children[0].content.startswith("<input")
        if state.tokens[at - 1].type == "paragraph_open" and (box or _is_media(children)):
            state.tokens[at - 1].hidden = state.tokens[at + 1].hidden = True


def _is_media(children: Sequence[Token]) -> bool:
    others = [
        one for one in children if one.type != "softbreak" and (one.type == "image" or one.content.strip())
    ]
    return bool(others) and all(one.type == "image" and not _src(one).startswith(IN_TEXT) for one in others)


# --- rendered ---


def _src(token: Token) -> str:
    return str(token.attrs["src"])


def _image(_: Any, tokens: Sequence[Token], at: int, *__: Any) -> str:
    token = tokens[at]
    src, said = _src(token), escape(token.content)
    if src.startswith(IN_TEXT):
        asked = {name: escape(values[0]) for name, values in parse_qs(urlsplit(src).query).items()}
        if src.startswith("tg://emoji?"):
            return f'<tg-emoji emoji-id="{asked.get("id", "")}">{said}</tg-emoji>'
        return f'<tg-time unix="{asked.get("unix", "")}" format="{asked.get("format", "")}">{said}</tg-time>'
    medium = _medium(src)
    caption = escape(str(token.attrs.get("title", "")))
    return f"<figure>{medium}<figcaption>{caption}</figcaption></figure>" if caption else medium


def _medium(src: str) -> str:
    path = urlsplit(src).path.lower()
    if src.startswith("tg://video?") or path.endswith(VIDEOS):
        return f'<video src="{escape(src)}"></video>'
    if src.startswith("tg://audio?") or path.endswith(AUDIOS):
        return f'<audio src="{escape(src)}"></audio>'
    return f'<img src="{escape(src)}"/>'


def _code(_: Any, tokens: Sequence[Token], at: int, *__: Any) -> str:
    token = tokens[at]
    language, text = (
        token.info.strip().partition(" ")[0],
        escape(token.content.removesuffix("\n"), quote=False),
    )
    if language == "math":
        return f"<tg-math-block>{text}</tg-math-block>"
    if not language:
        return f"<pre>{text}</pre>"
    return f'<pre><code class="language-{escape(language)}">{text}</code></pre>'


def _formula(tag: str) -> Any:
    def render(_: Any, tokens: Sequence[Token], at: int, *__: Any) -> str:
        return f"<{tag}>{escape(tokens[at].content.strip(), quote=False)}</{tag}>"

    return render


def _cell(_: Any, tokens: Sequence[Token], at: int, *__: Any) -> str:
    aligned = ALIGNED.search(str(tokens[at].attrs.get("style", "")))
    return f'<{tokens[at].tag} align="{aligned[1]}">' if aligned else f"<{tokens[at].tag}>"


def _nothing(*_: Any) -> str:
    return ""


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.use(dollarmath_plugin, allow_labels=False).use(tasklists_plugin, enabled=True)
    parser.core.ruler.before("text_join", "marks", _mark)
    parser.core.ruler.push("free_blocks", _free_blocks)
    rules = {
        "image": _image, "fence": _code, "code_block": _code,
        "math_inline": _formula("tg-math"), "math_block": _formula("tg-math-block"),
        "th_open": _cell, "td_open": _cell,
    }  # fmt: skip
    rules |= dict.fromkeys(("thead_open", "thead_close", "tbody_open", "tbody_close"), _nothing)
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser


PARSER = _parser()
