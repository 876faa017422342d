"""Wording of certificates: in which name, the page itself, and what becomes of a number that is checked."""

from urllib.parse import urlencode

from babel.dates import format_date

from bot.certificates import CertificatePage
from bot.texts import _, __, language
from bot.texts.format import called, cut, label, safe
from db.certificates import Certificate, Course, Void

CERTIFICATE = __("🎓 Certificate")
GET = __("🎓 Get the certificate")
MAKE = __("✅ Yes, make it")
SEND = __("📄 Send the files")
RENAME = __("✏️ Correct the name")
CHECK = __("🔎 The page that checks it")
SHARE = __("📣 Share")
ON_ITS_WAY = __("📄 The files are on their way…")
TEXT_PLEASE = __("Please write the name as a message.")
LINK = "cert_"  # begins a deep link
VALID = __("This certificate is valid.")
VOID = __("This certificate is void: it is not valid any more.")
UNKNOWN = __("There is no certificate with this number. Please compare it with the paper sign by sign.")


def of_course(name: str) -> str:
    """A label."""
    return label(_("🎓 Certificate: {course}").format(course=name))


def ask_name(course: Course, name: str) -> str:
    """`name` may be empty."""
    head = _("🎓 <b>Certificate of the course “{course}”</b>").format(course=safe(course.name))
    if not name:
        return f"{head}\n\n" + _("In which name? Send it as it should stand there.")
    shown = _("It will bear this name: {name}").format(name=f"<b>{called(name)}</b>")
    how = _("Is that right? If not, send the name as it should stand there.")
    return f"{head}\n\n{shown}\n\n{how}"


def ask_another_name(one: Certificate) -> str:
    head = _("🎓 <b>Certificate of the course “{course}”</b>").format(course=safe(one.course))
    shown = _("It bears this name: {name}").format(name=f"<b>{called(one.name)}</b>")
    how = _("Send the right one. The number stays, and whoever checks it will see the new name.")
    return f"{head}\n\n{shown}\n\n{how}"


def making(number: str) -> str:
    return _("🎓 The certificate {number} is being made: it comes in a moment.").format(number=number)


def own(one: Certificate, link: str) -> str:
    """Of its owner: the screen, and the caption of the file."""
    head = _("🎓 <b>Certificate of the course “{course}”</b>").format(course=safe(one.course))
    lines = [head, called(one.name), _("No. {number}").format(number=f"<code>{one.number}</code>")]
    if link:
        lines += ["", _("Anybody can check it: {link}").format(link=safe(link))]
    return "\n".join(lines)


def check_link(number: str, public_url: str | None, username: str) -> str:
    """Where anybody checks it: our own page, or the chat where there is no address; empty before Telegram has said who
    the bot is."""
    if public_url:
        return f"{public_url}/certificate/{number}"
    return f"https://t.me/{username}?start={LINK}{number}" if username else ""


def share_url(one: Certificate, link: str) -> str | None:
    about = _("My certificate of the course “{course}”:").format(course=one.course)
    return f"https://t.me/share/url?{urlencode({'url': link, 'text': about})}" if link else None


def page(one: Certificate, link: str, username: str) -> CertificatePage:
    return CertificatePage(
        school=one.school or (f"t.me/{username}" if username else ""),
        title=_("Certificate"),
        says=_("of completion"),
        name=one.name,
        done=_("has completed the course"),
        course=_("“{course}”").format(course=one.course),
        date_label=_("Date"),
        date=_date(one),
        number_label=_("Number"),
        number=one.number,
        check=_("Check it:") if link else "",
        address=link.removeprefix("https://"),
        link=link,
    )


def _date(one: Certificate) -> str:
    """The whole date: it will be read in other years."""
    pattern = "d MMMM y" if language() == "ru" else "MMMM d, y"
    return format_date(one.finished_on, pattern, locale=language())


# --- checking a number ---


def checked(typed: str, found: Certificate | Void | None) -> str:
    if found is None:
        return f"❔ {UNKNOWN}\n<code>{cut(typed)}</code>"
    if isinstance(found, Void):
        return f"⛔ {VOID}\n<code>{cut(typed)}</code>"
    lines = [f"{label}: {called(said)}" for label, said in facts(found)]
    return "\n".join([f"✅ <b>{VALID}</b>", "", *lines])


def facts(one: Certificate) -> list[tuple[str, str]]:
    """What it says; not escaped."""
    said = [(_("Name"), one.name), (_("Course"), one.course), (_("School"), one.school)]
    said += [(_("Date"), _date(one)), (_("Number"), one.number)]
    return [(label, text) for label, text in said if text]
