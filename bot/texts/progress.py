"""Wording of progress."""

from bot.texts import _, plural
from bot.texts.format import bar, safe
from db.lessons.progress import ModuleProgress


def nothing() -> str:
    return _("There is no progress to show yet: start with a lesson.")


def progress(found: list[ModuleProgress]) -> str:
    return "\n\n".join([_("📈 <b>My progress</b>"), *(module(one) for one in found)])


def module(one: ModuleProgress) -> str:
    name = f"<b>{safe(one.module)}</b>" + ("" if one.is_open else " 🔒")
    if not one.count:
        return f"{name}\n" + _("It has no lessons yet.")
    percent = one.done * 100 // one.count
    counted = plural("{{done}} of {count} lesson", "{{done}} of {count} lessons", one.count).format(
        done=one.done
    )
    end = " 🎉" if one.done == one.count else ""
    return f"{name}\n{bar(one.share)} {percent}%\n{counted}{end}"


def go_on(one: ModuleProgress) -> str:
    return _("▶️ Go on: {module}").format(module=one.module)


def to_lessons() -> str:
    return _("📚 Lessons")
