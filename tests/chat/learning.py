"""A learner who finishes lessons: by Done, or by answering what they ask."""

import asyncpg

from bot.texts import questions as words
from tests.chat_user import ChatUser

DONE = "Готово"


async def take(person: ChatUser, sql: asyncpg.Connection, *, last: bool = False) -> None:
    """Finishes the lesson that is shown, with right answers, and goes on to the next one unless it is the `last`."""
    if any(DONE in label for label in person.buttons):
        await person.click(DONE)
        return
    await person.click("✍️")
    while True:
        await answer(person, sql)
        if any(person.words(words.DONE) == label for label in person.buttons):
            break
        await person.click(words.NEXT)
    await person.click(words.DONE)
    if not last:
        await person.click("▶️")


async def answer(person: ChatUser, sql: asyncpg.Connection) -> None:
    """Gives the right answer to the question that the newest message asks."""
    text = person.last_text.split("\n")[1]
    row = await sql.fetchrow("select * from bot.questions where text = $1", text)
    assert row is not None, person.transcript()
    if row["accepted"]:
        await person.send(row["accepted"][0])
        return
    right = row["answers"] or [row["answer"]]
    for at in right:
        await person.click(label_of(person, row["options"][at]))
    if row["answers"]:
        await person.click(words.ANSWER)


def label_of(person: ChatUser, option: str) -> str:
    """The option itself, or the number under which the message lists it."""
    lines = person.last_text.split("\n")
    return next((line.split(".")[0] for line in lines if line.endswith(f". {option}")), option)
