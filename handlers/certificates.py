"""Certificates: the name is confirmed or typed before one is made; anybody checks a number."""

import asyncio
import zlib

from aiogram import F
from aiogram.types import CallbackQuery, Message

from bot.chat.certificate_buttons import (
    MakeCertificate,
    RenameCertificate,
    SendCertificate,
    ShowCertificate,
)
from bot.chat.conversation import CertificateQuestion
from bot.chat.keyboards import open_url, press, rows
from bot.chat.replies import Method, Reply, say, show, toast
from bot.context import Request
from bot.fonts import drawn_signs
from bot.texts import certificates as words
from bot.texts import language
from db import certificates
from db.catalogue.school import get_school
from db.certificates import MAX_NAME, Certificate, NameNotDrawable, NameTooLong, NameUnreadable
from db.jobs import CertificateJob
from db.normal import visible_name
from db.queue import enqueue
from db.reminders.people import get_zone
from handlers.conversation import needs_text
from handlers.filters import SignedIn, router_for

OfCourse = ShowCertificate | MakeCertificate | SendCertificate | RenameCertificate

router = router_for("certificates", SignedIn())


async def check(request: Request, typed: str) -> Method:
    """For anybody, with or without an account."""
    found = await certificates.find_certificate(request.session, typed)
    return say(request.event, words.checked(typed, found))


async def show_or_ask(query: CallbackQuery, callback_data: OfCourse, request: Request) -> Method:
    """The certificate; where there is none yet, in which name. Raises CourseNotFinished, CourseRefunded."""
    session, user_id = request.session, request.person.user_id
    course = await certificates.get_course(session, user_id, callback_data.module, request.now)
    if course.own is not None:
        return say_own(query, course.own, request)
    try:
        name = await read_name(request.person.name)
    except (NameUnreadable, NameTooLong, NameNotDrawable):
        name = ""
    return await ask_name(query, course, name, request)


router.callback_query.register(show_or_ask, ShowCertificate.filter())


def say_own(query: CallbackQuery, one: Certificate, request: Request) -> Method:
    context = request.context
    link = words.check_link(one.number, context.settings.public_url, context.username)
    keyboard = rows(
        press(words.SEND, SendCertificate(module=one.module_id)),
        press(words.RENAME, RenameCertificate(module=one.module_id)),
        open_url(words.CHECK, link) if context.settings.public_url else None,
    )
    return say(query, words.own(one, link), keyboard)


async def ask_name(
    event: Message | CallbackQuery, course: certificates.Course, name: str, request: Request
) -> Method:
    """`name`: what is suggested, or was typed last; empty for none."""
    await request.ask(CertificateQuestion.name, module=course.module_id, name=name)
    make = press(words.MAKE, MakeCertificate(module=course.module_id, form=form(name)))
    return say(event, words.ask_name(course, name), rows(make) if name else None)


def form(name: str) -> str:
    """Of a name: another one was shown with another button."""
    return f"{zlib.crc32(name.encode()):x}"


@router.callback_query(RenameCertificate.filter())
async def rename(query: CallbackQuery, callback_data: RenameCertificate, request: Request) -> Reply:
    one = await certificates.get_own(request.session, request.person.user_id, callback_data.module)
    if one is None:
        return await show_or_ask(query, callback_data, request)
    await request.ask(CertificateQuestion.name, module=one.module_id, name="")
    return say(query, words.ask_another_name(one))


@router.message(CertificateQuestion.name, F.text, ~F.text.startswith("/"))
async def take_name(message: Message, request: Request) -> Reply:
    """Shown before anything is made. Raises what `read_name` and `get_course` raise, and goes on asking."""
    name = await read_name(message.text or "")
    module_id = request.person.data["module"]
    course = await certificates.get_course(request.session, request.person.user_id, module_id, request.now)
    return await ask_name(message, course, name, request)


needs_text(router, CertificateQuestion.name, words.TEXT_PLEASE)


async def read_name(typed: str) -> str:
    """As it can be written on a certificate: signs that are no letters and that the font does not have are left out.
    Raises NameUnreadable, NameTooLong, NameNotDrawable."""
    seen = visible_name(typed)
    if len(seen) > MAX_NAME:
        raise NameTooLong(len(seen))
    kept, lost = await asyncio.to_thread(drawn_signs, seen)
    if lost:
        raise NameNotDrawable(lost)
    if not any(sign.isalpha() for sign in kept):
        raise NameUnreadable
    return visible_name(kept)


@router.callback_query(MakeCertificate.filter())
async def make(query: CallbackQuery, callback_data: MakeCertificate, request: Request) -> Reply:
    """In the name that the button was drawn under; pressed twice or later, it shows how things stand. Raises
    CourseNotFinished, CourseRefunded."""
    person, session, now = request.person, request.session, request.now
    asked = person.data if person.state == CertificateQuestion.name.state else {}
    name = str(asked.get("name", ""))
    if asked.get("module") != callback_data.module or form(name) != callback_data.form:
        return await show_or_ask(query, callback_data, request)
    await request.state.clear()
    school = (await get_school(session, language())).name or ""
    zone = await get_zone(session, person.user_id, request.context.settings.zone)
    number = certificates.new_number()
    made = await certificates.issue(
        session, person.user_id, callback_data.module, name, school, zone, number, now
    )
    await enqueue_files(made, request)
    return show(query, words.making(made))


@router.callback_query(SendCertificate.filter())
async def send_files(query: CallbackQuery, callback_data: SendCertificate, request: Request) -> Reply:
    """Raises CourseNotFinished, CourseRefunded."""
    session, user_id = request.session, request.person.user_id
    course = await certificates.get_course(session, user_id, callback_data.module, request.now)
    if course.own is None:
        return await show_or_ask(query, callback_data, request)
    await enqueue_files(course.own.number, request)
    return toast(query, words.ON_ITS_WAY)


async def enqueue_files(number: str, request: Request) -> None:
    person = request.person
    job = CertificateJob(number=number, user_id=person.user_id, telegram_id=person.telegram_id)
    await enqueue(request.session, job, key=f"certificate:{number}:{person.telegram_id}")
