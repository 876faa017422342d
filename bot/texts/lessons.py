"""Wording of lessons."""

from collections.abc import Sequence
from itertools import groupby
from urllib.parse import urlencode

from bot.lessons.document import as_classic, as_rich
from bot.texts import _, __, plural
from bot.texts import home as home_words
from bot.texts.format import bar, days, label, moment, money, safe, short_day, until
from db.lessons.home import Course
from db.lessons.lessons import Contents, FinishedLesson, LessonLine, LessonPage, ModuleLessons
from db.lessons.progress import Progress
from db.lessons.unlocking import Lock
from db.shop.courses import OfferDetails

DONE = __("✅ Done")
DONE_NEXT = __("✅ Done, next")
PREVIOUS = __("‹ Previous")
FOLLOWING = __("Next ›")
BACKWARD, FORWARD = "‹", "›"
ALL_LESSONS = __("≡ All lessons")
ALL_MODULES = __("‹ All courses")
HOW_TO_OPEN = __("🔓 How to open it")
MY_PROGRESS = __("📈 My progress")
MY_ACCESS = __("🔑 My access")
MORE_COURSES = __("🎓 More courses")
SHARE = __("📣 Tell a friend")
MODULE_GONE = __("This course is no longer there. Your lessons: /lessons")
RENEW_FIRST = __("Your access ends before that: renew it to get there.")
WELL_DONE = __("✅ Well done!")


def courses(found: list[ModuleLessons], own: Sequence[Course]) -> str:
    """`own`: what the learner has or had access to."""
    if not found:
        return _("There are no lessons yet. Please come back later.")
    parts = [_("📚 <b>My courses</b>") if own else _("📚 <b>Courses</b>")]
    if own:
        parts.append(home_words.lines(own))
    if any(not one.is_open and one.previews for one in found):
        parts.append(_("🔒 is locked; its free lessons are open for everyone."))
    return "\n\n".join(parts)


def module_button(one: ModuleLessons) -> str:
    """How far one is, where one may go on."""
    if not one.is_open:
        return label(f"🔒 {one.name}")
    mark = "✅" if one.progress.finished else "📖"
    return label(f"{mark} {one.name}", f" · {one.progress.done}/{one.progress.count}")


def contents(found: Contents, shown: Sequence[LessonLine]) -> str:
    """`shown`: of its lessons, those that have a button. What locked ones wait for is said here: their buttons may be
    disabled."""
    lines = [f"📚 <b>{safe(found.module)}</b>", _access(found)]
    if not found.lessons:
        return "\n".join([*lines, "", _("There are no lessons here yet.")])
    progress = found.progress
    counted = _("{done} of {total} done").format(done=progress.done, total=progress.count)
    lines.append(f"{bar(progress.share)} {counted}{end_of(progress)}")
    for _occasion, together in groupby(shown, key=_occasion_of):
        lines += _waiting(list(together))
    if not found.is_open and any(line.preview for line in found.lessons):
        lines += ["", _("🎁 marks the free lessons: you can take them right now.")]
    return "\n".join(lines)


def _occasion_of(line: LessonLine) -> tuple[object, ...]:
    """What opens it, the same for lessons that are told of together."""
    return (line.lock.opens_at, line.lock.after is None, line.lock.too_late) if line.lock else ()


def _waiting(together: list[LessonLine]) -> list[str]:
    """Lessons one after another that wait for the same."""
    first, last = together[0], together[-1]
    if first.lock is None:
        return []
    if first is last:
        return ["", f"🔒 <b>{first.number}. {safe(first.title)}</b>", waits(first.lock)]
    head = _("Lessons {first} to {last}").format(first=first.number, last=last.number)
    return ["", f"🔒 <b>{head}</b>", _wait(first.lock)]


def _wait(lock: Lock) -> str:
    """Several lessons, as `waits`."""
    if lock.opens_at is None:
        return _("Each unlocks once the one before it is done.")
    at = moment(lock.opens_at)
    if lock.after is None:
        text = _("They unlock on {moment}.").format(moment=at)
    else:
        text = _("They unlock on {moment}, each once the one before it is done.").format(moment=at)
    return f"{text} {RENEW_FIRST}" if lock.too_late else text


def waits(lock: Lock) -> str:
    """What unlocks a lesson of an open access, and when."""
    if lock.opens_at is None:
        return _("It unlocks once lesson {number} is done.").format(number=lock.after)
    at = moment(lock.opens_at)
    if lock.after is None:
        text = _("It unlocks on {moment}.").format(moment=at)
    else:
        text = _("It unlocks on {moment}, once lesson {number} is done.").format(moment=at, number=lock.after)
    return f"{text} {RENEW_FIRST}" if lock.too_late else text


def locked_for_now(page: LessonPage) -> str:
    """Plain: it may be a toast."""
    return f"🔒 {page.number}. {label(page.title)}\n{waits(page.lock)}" if page.lock else ""


def _access(found: Contents) -> str:
    if found.is_open:
        return "✅ " + _("Open {until}").format(until=until(found.ends_at))
    return "🔒 " + (_("Access has ended") if found.has_ended else _("Locked: access opens it"))


def lesson_button(line: LessonLine, is_open: bool) -> str:
    if line.lock is not None:
        tail = f" · {short_day(line.lock.opens_at)}" if line.lock.opens_at else ""
        return label(f"🔒 {line.number}. {line.title}", tail)
    if not (is_open or line.preview):
        mark = "🔒"
    elif line.done:
        mark = "✅"
    else:
        mark = "▫️" if is_open else "🎁"
    return label(f"{mark} {line.number}. {line.title}")


def lesson(page: LessonPage) -> str:
    """The whole lesson, of any length, as HTML."""
    return f"{_head(page)}\n<b>{safe(page.title)}</b>\n\n{as_classic(page.text, page.markup)}"


def document(page: LessonPage, file: str) -> str:
    """The whole lesson as rich HTML, of any size; `file`: the block of its file."""
    return f"<p>{_head(page)}</p><h2>{safe(page.title)}</h2>{file}{as_rich(page.text, page.markup)}"


def _head(page: LessonPage) -> str:
    head = _("{module} · lesson {number} of {count}").format(
        module=safe(page.module), number=page.number, count=page.count
    )
    return f"<i>{head}</i>" + (" ✅" if page.done else "")


def locked(page: LessonPage, offers: list[OfferDetails]) -> str:
    text = _("🔒 <b>{title}</b>\nThis lesson is locked. Access to the course “{module}” opens it.").format(
        title=safe(page.title), module=safe(page.module)
    )
    if offers:
        return text + "\n\n" + _("Choose what suits you, or redeem a promo code:")
    return text + "\n\n" + _("It is not on sale right now. If you have a promo code, redeem it:")


def next_course(name: str) -> str:
    return label(_("🎓 Next course: {course}").format(course=name))


def finished(done: FinishedLesson, just_now: bool) -> str:
    """After the course's last lesson; congratulates once."""
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
    template = (
        _("🎉 You have done all lessons of “{module}”. Congratulations!")
        if just_now
        else _("✅ You have done all lessons of “{module}”.")
    )
    text = template.format(module=safe(done.lesson.module))
    return text if progress.done == progress.count else f"{text}\n{counted(progress)}{end_of(progress)}"


def offer_button(offer: OfferDetails) -> str:
    return label(f"{days(offer.days)} · {money(offer.price, offer.currency)}")


def share_url(module: str, username: str) -> str | None:
    """Telegram's own page for passing something on; None before Telegram has said who the bot is."""
    return share_bot(_("I have done the course “{module}” here:").format(module=module), username)


def share_bot(text: str, username: str) -> str | None:
    """As `share_url`: the bot's address with that text."""
    about = urlencode({"url": f"https://t.me/{username}", "text": text})
    return f"https://t.me/share/url?{about}" if username else None


def counted(progress: Progress) -> str:
    template = plural("{{done}} of {count} lesson", "{{done}} of {count} lessons", progress.count)
    return template.format(done=progress.done)


def end_of(progress: Progress) -> str:
    """All that was agreed, or all there is so far."""
    if not progress.finished:
        return ""
    return " 🎉" if progress.done == progress.count else " 🎉 " + _("all there is so far")
