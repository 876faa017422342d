"""Wording of questions: what is asked, what became of an answer, how an attempt ended."""

from bot.texts import _, __, plural
from bot.texts.format import MAX_LABEL, cut, label, safe
from db.lessons.attempts import OpenQuestion, Verdict
from db.lessons.lessons import LessonPage
from db.lessons.outcomes import Outcome
from db.lessons.questions import Kind

ANSWER = __("✔️ Answer")
NEXT = __("Next question")
DONE = __("✅ Done")
GIVE_UP = __("🤷 I don't know")
AGAIN = __("🔄 Questions once more")
TRY_AGAIN = __("🔄 Try again")
A_WORD = __("💬 A word to the school")
READ_AGAIN = __("📖 Read the lesson again")
MOVED_ON = __("This question is answered already, or has changed. Here is where you are.")
NOTHING_TICKED = __("First mark at least one answer.")
TEXT_PLEASE = __("Please answer in words: I can't read anything else here.")
HOW = {
    Kind.SEVERAL: __("Mark all that are right, then press “Answer”."),
    Kind.TEXT: __("✏️ Write your answer as a message."),
    Kind.NUMBER: __("✏️ Write a number as a message."),
}
MAX_SHOWN = 200  # characters of a typed answer


def begin(count: int) -> str:
    return plural("✍️ {count} question", "✍️ {count} questions", count)


def question(asked: OpenQuestion) -> str:
    """As it is asked, or asked once more after a try that was wrong."""
    parts = [_asked(asked)]
    if is_listed(asked):
        parts.append("\n".join(f"{at}. {safe(asked.question.options[one])}" for at, one in _numbered(asked)))
    if asked.missed:
        parts.append(_("❌ Not quite. Try once more."))
    if asked.question.hint:
        hint = safe(asked.question.hint)
        shown = hint if asked.missed else f"<tg-spoiler>{hint}</tg-spoiler>"
        parts.append(_("💡 Hint: {hint}").format(hint=shown))
    if asked.question.kind in HOW:
        parts.append(f"<i>{HOW[Kind(asked.question.kind)]}</i>")
    return "\n\n".join(parts)


def _asked(asked: OpenQuestion) -> str:
    head = _("{title} · question {number} of {count}") if asked.attempt.lesson_id else REVIEWED
    place = str(head).format(title=safe(asked.lesson), number=asked.number, count=asked.count)
    return f"<i>{place}</i>\n<b>{safe(asked.question.text)}</b>"


REVIEWED = __("🔁 Review {number} of {count} · {title}")


def is_listed(asked: OpenQuestion) -> bool:
    """Where an option does not fit on a button, all are listed, and the buttons bear their numbers."""
    room = MAX_LABEL - (3 if asked.question.kind == Kind.SEVERAL else 0)
    return any(len(option) > room for option in asked.question.options)


def _numbered(asked: OpenQuestion) -> list[tuple[int, int]]:
    return list(enumerate(asked.options, 1))


def option(asked: OpenQuestion, at: int) -> str:
    """The label of a button."""
    shown = str(asked.options.index(at) + 1) if is_listed(asked) else asked.question.options[at]
    if asked.question.kind != Kind.SEVERAL:
        return label(shown)
    return label(f"{'☑️' if at in asked.chosen else '▫️'} {shown}")


def verdict(said: Verdict) -> str:
    """Of a question that is answered finally."""
    question, judged = said.asked.question, said.judged
    lines = [_("✅ <b>Right!</b>") if judged.is_right else _("❌ <b>Not right.</b>")]
    if judged.words:
        given = ", ".join(cut(word, MAX_SHOWN) for word in judged.words)
        lines.append(_("Your answer: {answer}").format(answer=given))
    if not judged.is_right:
        right = ", ".join(map(safe, question.right_answers))
        lines.append(_("The right one: {answer}").format(answer=f"<b>{right}</b>"))
    parts = [_asked(said.asked), "\n".join(lines)]
    if question.explanation:
        parts.append(safe(question.explanation))
    return "\n\n".join(parts)


def outcome(page: LessonPage, ended: Outcome) -> str:
    """How an attempt at a lesson ended."""
    mark = "✅" if ended.passed else "📝"
    lines = [f"{mark} <b>{safe(page.title)}</b>"]
    if ended.result:
        lines.append(_("Result: {result}").format(result=safe(ended.result)))
    lines.append(counted(ended))
    if not ended.passed:
        lines.append(_("Look through the lesson once more and try again: there is no limit."))
    return "\n".join(lines)


def counted(ended: Outcome) -> str:
    template = plural(
        "Right: {{right}} of {count} question", "Right: {{right}} of {count} questions", ended.asked
    )
    return template.format(right=ended.right)
