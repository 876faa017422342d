"""TELEGRAM_PROXY: every call to Telegram goes through it, whatever kind it is; one that is away ends nothing."""

import aiohttp
import pytest
from pydantic import SecretStr

from bot.sandbox.app import Sandbox
from tests.app import origin_of, running_app, settings_for
from tests.chat_user import ANNA, ChatUser
from tests.doctor.installation import Installation
from tests.proxies import proxy

USER, PASSWORD = "school", "not/for:logs"
QUOTED = "not%2Ffor%3Alogs"


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "http"])
async def test_all_goes_through_the_proxy_and_names_are_looked_up_there(
    http: aiohttp.ClientSession, sandbox: Sandbox, dsn: str, scheme: str
) -> None:
    async with proxy(scheme.removesuffix("h") if scheme != "http" else "http", USER, PASSWORD) as way:
        settings = settings_for(
            origin_of(sandbox).replace("127.0.0.1", "telegram.test"),
            telegram_proxy=SecretStr(f"{scheme}://{USER}:{QUOTED}@127.0.0.1:{way.port}"),
        )
        async with running_app(settings, dsn) as app:
            anna = ChatUser(http, origin_of(sandbox), app.bot.id, ANNA, "ru", app.context.localizer)
            await anna.write("/help")
            await anna.receives("/start")
    assert way.asked
    assert set(way.asked) == {"telegram.test"}


@pytest.mark.parametrize("kind", ["socks5", "http"])
async def test_doctor_says_what_is_wrong_with_the_proxy_and_not_its_password(
    sandbox: Sandbox, dsn: str, kind: str
) -> None:
    installation = Installation(sandbox, origin_of(sandbox), dsn)
    async with proxy(kind, USER, PASSWORD) as way:
        place = f"127.0.0.1:{way.port}"
        good = SecretStr(f"{kind}://{USER}:{QUOTED}@{place}")
        found = await installation.findings(telegram_proxy=good)
        assert any("the token is that of" in str(finding) for finding in found)
        for wrong in (f"{kind}://{USER}:{PASSWORD[:3]}@{place}", f"{kind}://127.0.0.1:9"):
            found = await installation.findings(telegram_proxy=SecretStr(wrong))
            told = [str(finding) for finding in found if "TELEGRAM_PROXY" in str(finding)]
            assert len(told) == 1, found
            assert PASSWORD[:3] + "@" not in told[0]
