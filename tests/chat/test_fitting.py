"""No message exceeds Telegram's limits, whatever a row of the shared tables holds."""

import asyncpg
import pytest
from aiogram.methods import AnswerCallbackQuery, EditMessageText, SendMessage, SendPhoto
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.fitting import MAX_BUTTONS, MAX_CAPTION, MAX_TOAST, fit
from bot.chat.markup import check
from bot.chat.replies import MAX_TEXT
from bot.texts.payments import purchases as words
from tests.chat_user import ChatUser

KEYBOARD = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="x", callback_data="x")]])
LONG = st.tuples(st.sampled_from(["a ", "<b>ы</b>\n", "🎓", "&lt;x&gt; "]), st.integers(1, 4200)).map(
    lambda part: part[0] * part[1]
)


def shown(html: str) -> int:
    """UTF-16 units of what Telegram shows of it."""
    plain = html.replace("<b>", "").replace("</b>", "").replace("&lt;", "<").replace("&gt;", ">")
    return len(plain.encode("utf-16-le")) // 2


@settings(max_examples=25, deadline=None)
@given(LONG)
def test_texts_are_split_or_cut(text: str) -> None:
    *before, last = fit(SendMessage(chat_id=1, text=text, reply_markup=KEYBOARD))
    for one in (*before, last):
        assert isinstance(one, SendMessage)
        assert shown(one.text) <= MAX_TEXT
        check(one.text)
    assert [one.reply_markup for one in before if isinstance(one, SendMessage)] == [None] * len(before)
    assert isinstance(last, SendMessage)
    assert last.reply_markup == KEYBOARD
    [edited] = fit(EditMessageText(chat_id=1, message_id=1, text=text))
    assert isinstance(edited, EditMessageText)
    assert shown(edited.text or "") <= MAX_TEXT
    [photo] = fit(SendPhoto(chat_id=1, photo="x", caption=text))
    assert isinstance(photo, SendPhoto)
    assert shown(photo.caption or "") <= MAX_CAPTION
    [toast] = fit(AnswerCallbackQuery(callback_query_id="1", text=text))
    assert isinstance(toast, AnswerCallbackQuery)
    assert len(toast.text or "") <= MAX_TOAST


def test_a_keyboard_has_a_hundred_buttons_at_most() -> None:
    row = KEYBOARD.inline_keyboard[0] * 3
    [fitted] = fit(
        SendMessage(chat_id=1, text="x", reply_markup=InlineKeyboardMarkup(inline_keyboard=[row] * 50))
    )
    assert isinstance(fitted, SendMessage)
    assert isinstance(fitted.reply_markup, InlineKeyboardMarkup)
    assert sum(map(len, fitted.reply_markup.inline_keyboard)) == MAX_BUTTONS - 1


@pytest.mark.parametrize("status", ["paid", "weird-" * 1000])
async def test_anothers_long_rows_are_shown(anna: ChatUser, sql: asyncpg.Connection, status: str) -> None:
    await anna.register()
    await sql.execute("update products set name = $1", "Course " * 900)
    await sql.execute(
        "insert into purchases (user_id, product_id, amount_cents, provider, receipt, status, provider_payment_id,"
        " days, currency, created_at) select id, 1, 100, 'site', $1, $2, 'x' || $2, 5, 'RUB', now() from users",
        "receipt-" * 700,
        status,
    )
    await anna.send("/purchases")
    told = "\n".join(anna.new_texts)
    assert "\n1. " in told
    assert ("✅ оплачен" in told) is (status == "paid")
    await anna.click(lambda: words.details(1))
    assert "receipt-" in anna.last_text
    assert "receipt-" * 20 not in anna.last_text
