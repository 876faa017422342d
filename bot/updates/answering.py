"""What every update's replies have in common, whichever handler made them."""

from collections.abc import Sequence

from aiogram.methods import AnswerCallbackQuery
from aiogram.types import Update

from bot.chat.replies import JobAnswers, Method


def complete(update: Update, replies: Sequence[Method]) -> list[Method]:
    """The replies as they are sent: every pressed button is answered, so that it stops turning."""
    query = update.callback_query
    if query is None or any(isinstance(method, AnswerCallbackQuery) for method in replies):
        return [method for method in replies if not isinstance(method, JobAnswers)]
    return [AnswerCallbackQuery(callback_query_id=query.id), *replies]


def take_answer(replies: list[Method]) -> AnswerCallbackQuery | None:
    """Takes out what lets go of the pressed button, so that it goes with the update's confirmation: one way to Telegram
    less. Nothing that has words may: whether it came is never learnt."""
    found = (method for method in replies if isinstance(method, AnswerCallbackQuery) and method.text is None)
    answer = next(found, None)
    if answer is not None:
        replies.remove(answer)
    return answer
