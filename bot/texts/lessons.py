"""Wording of lessons and of progress."""

from bot.texts import _, __, plural
from bot.texts.format import bar, safe, until
from bot.texts.shop import offer_line
from db.lessons.lessons import Contents, FinishedLesson, LessonLine, LessonPage, ModuleLessons
from db.lessons.progress import ModuleProgress, Progress
from db.shop.courses import OfferDetails

MAX_BUTTON = 60  # characters of a button that a phone still shows

DONE = __("✅ Done")
PREVIOUS = __("‹ Previous")
FOLLOWING = __("Next ›")
ALL_LESSONS = __("≡ All lessons")
ALL_MODULES = __("‹ All modules")
HOW_TO_OPEN = __("🔓 How to open it")
MY_PROGRESS = __("My progress")
MODULE_GONE = __("This module is no longer there. Your lessons: /lessons")
WELL_DONE = __("✅ Well done!")
NO_PROGRESS = __("There is no progress to show yet: start with a lesson.")
LESSONS = __("📚 Lessons")


def choose_module(found: list[ModuleLessons]) -> str:
    if not found:
        return _("There are no lessons yet. Please come back later.")
    text = _("📚 <b>Lessons</b>") + "\n\n" + _("Choose a module.")
    if any(not one.is_open for one in found):
        text += " " + _("🔒 is still locked; its free lessons are open for everyone.")
    return text


def module_button(one: ModuleLessons) -> str:
    label = f"{one.name} · {one.progress.done}/{one.progress.count}"
    return f"{'📖' if one.is_open else '🔒'} {_cut(one.name, label)}"


def contents(found: Contents) -> str:
    lines = [f"📚 <b>{safe(found.module)}</b>", _access(found)]
    if not found.lessons:
        return "\n".join([*lines, "", _("There are no lessons here yet.")])
    progress = found.progress
    counted = _("{done} of {total} done").format(done=progress.done, total=progress.count)
    lines.append(f"{bar(progress.share)} {counted}{_end(progress)}")
    if not found.is_open and any(line.preview for line in found.lessons):
        lines += ["", _("🎁 marks the free lessons: you can take them right now.")]
    return "\n".join(lines)


def _access(found: Contents) -> str:
    if found.is_open:
        return "✅ " + _("Open {until}").format(until=until(found.ends_at))
    return "🔒 " + (_("Access has ended") if found.has_ended else _("Locked: access opens it"))


def lesson_button(line: LessonLine, is_open: bool) -> str:
    if not (is_open or line.preview):
        mark = "🔒"
    elif line.done:
        mark = "✅"
    else:
        mark = "▫️" if is_open else "🎁"
    return f"{mark} {_cut(f'{line.number}. {line.title}')}"


def lesson(page: LessonPage) -> str:
    """The whole lesson, of any length, as HTML."""
    done = " ✅" if page.done else ""
    head = _("{module} · lesson {number} of {count}").format(
        module=safe(page.module), number=page.number, count=page.count
    )
    return f"<i>{head}</i>{done}\n<b>{safe(page.title)}</b>\n\n{page.text}"


def locked(page: LessonPage, offers: list[OfferDetails]) -> str:
    text = _("🔒 <b>{title}</b>\nThis lesson is locked. Access to the module “{module}” opens it.").format(
        title=safe(page.title), module=safe(page.module)
    )
    if offers:
        return text + "\n\n" + _("Choose what suits you, or redeem a promo code:")
    return text + "\n\n" + _("It is not on sale right now. If you have a promo code, redeem it:")


def finished(done: FinishedLesson) -> str:
    """After the module's last lesson."""
    progress = done.progress
    if progress.left:
        return _("That was the last lesson of “{module}”.").format(module=safe(done.lesson.module)) + (
            "\n"
            + plural(
                "{count} lesson before it is still to do:",
                "{count} lessons before it are still to do:",
                progress.left,
            )
        )
    text = _("🎉 You have done all lessons of “{module}”. Congratulations!").format(
        module=safe(done.lesson.module)
    )
    return text if progress.done == progress.count else f"{text}\n{_counted(progress)}{_end(progress)}"


def offer_button(offer: OfferDetails) -> str:
    return _cut(offer_line(offer))


def _cut(text: str, whole: str | None = None) -> str:
    """`whole` where it fits, else as much of `text` as does."""
    wanted = text if whole is None else whole
    return wanted if len(wanted) <= MAX_BUTTON else text[: MAX_BUTTON - 1] + "…"


def progress(found: list[ModuleProgress]) -> str:
    return "\n\n".join([_("📈 <b>My progress</b>"), *(_module_progress(one) for one in found)])


def _module_progress(one: ModuleProgress) -> str:
    name = f"<b>{safe(one.module)}</b>" + ("" if one.is_open else " 🔒")
    if not one.progress.count:
        return f"{name}\n" + _("It has no lessons yet.")
    percent = one.progress.done * 100 // one.progress.count
    counted = f"{_counted(one.progress)}{_end(one.progress)}"
    return f"{name}\n{bar(one.progress.share)} {percent}%\n{counted}"


def _counted(progress: Progress) -> str:
    template = plural("{{done}} of {count} lesson", "{{done}} of {count} lessons", progress.count)
    return template.format(done=progress.done)


def _end(progress: Progress) -> str:
    """All that was agreed, or all there is so far."""
    if not progress.finished:
        return ""
    return " 🎉" if progress.done == progress.count else " 🎉 " + _("all there is so far")


def go_on(one: ModuleProgress) -> str:
    return _("▶️ Go on: {module}").format(module=one.module)
