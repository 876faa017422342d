"""The sandbox's mail server, as any mail program meets it: good days and bad ones."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from urllib.parse import urlsplit

import aiohttp
import aiosmtplib
import pytest
from aiohttp import web

from bot.sandbox.app import Sandbox
from tests.app import origin_of
from tests.sandbox.provider_world import serve


@pytest.fixture
async def world() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(None)
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


async def post(world: Sandbox, to: str = "anna@example.com", **headers: str) -> None:
    message = EmailMessage()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message["From"], message["To"], message["Subject"] = "school@example.com", to, "Привет"
    message.set_content("Первая строка\nвторая")
    message.add_alternative("<p>строка</p>", subtype="html")
    parts = urlsplit(world.mail.url)
    await aiosmtplib.send(message, hostname=parts.hostname, port=parts.port)


async def test_a_letter_is_kept_as_it_was_written(world: Sandbox) -> None:
    await post(world, "анна@example.com")
    [letter] = world.mail.mailbox.letters()
    assert (letter.sender, letter.to, letter.subject) == ("school@example.com", "анна@example.com", "Привет")
    assert letter.text == "Первая строка\nвторая\n"
    assert letter.html == "<p>строка</p>\n"
    assert letter.bounced is False


async def test_each_bad_day_is_what_it_says(world: Sandbox) -> None:
    world.faults.set(mail_down=True)
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await post(world)
    world.faults.reset()
    for switch, code in (("mail_4xx", 451), ("mail_5xx", 550)):
        world.faults.set(**{switch: 1})
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await post(world)
        assert [one.code for one in refused.value.recipients] == [code]
    assert world.mail.mailbox.letters() == []
    world.faults.set(mail_cut=1)
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await post(world)
    world.faults.set(mail_bounce=1)
    await post(world)
    await post(world)
    assert [letter.bounced for letter in world.mail.mailbox.letters()] == [False, True, False]


async def test_unsubscribing_is_one_request_of_the_mail_program(world: Sandbox) -> None:
    heard: list[dict[str, str]] = []

    async def unsubscribe(request: web.Request) -> web.Response:
        heard.append({key: str(value) for key, value in (await request.post()).items()})
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/unsubscribe/abc", unsubscribe)
    origin, runner = await serve(app)
    await post(world, List_Unsubscribe=f"<{origin}/unsubscribe/abc>")
    await post(
        world,
        List_Unsubscribe=f"<{origin}/unsubscribe/abc>",
        List_Unsubscribe_Post="List-Unsubscribe=One-Click",
    )
    here = origin_of(world)
    async with aiohttp.ClientSession() as browser:
        async with browser.get(f"{here}/mail/1") as page:
            assert "/unsubscribe" not in (await page.text()).partition('data-testid="letter-text"')[2]
        async with browser.post(f"{here}/mail/1/unsubscribe") as refused:
            assert refused.status == 404
        async with browser.post(f"{here}/mail/2/unsubscribe?lang=en") as done:
            assert "the server answered 202" in await done.text()
        async with browser.post(
            f"{here}/mail/2/unsubscribe", headers={"Origin": "http://elsewhere"}
        ) as foreign:
            assert foreign.status == 403
        async with browser.get(f"{here}/mail/3") as missing:
            assert missing.status == 404
    await runner.cleanup()
    assert heard == [{"List-Unsubscribe": "One-Click"}]
