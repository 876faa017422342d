"""PUBLIC_URL: whether Telegram and YooKassa call its port, and whether it leads to the running bot."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp

from bot.doctor.finding import Area, Finding
from bot.settings import LOOPBACK, Settings

AREA = Area("PUBLIC_URL")
TELEGRAM_PORTS = {443, 80, 88, 8443}  # docs/facts.md#telegram-webhook
PROVIDER_PORTS = {443, 8443}  # docs/facts.md#callbacks
STANDARD = {"https": 443, "http": 80}
TIMEOUT = aiohttp.ClientTimeout(total=10)


async def check(settings: Settings) -> AsyncIterator[Finding]:
    if settings.public_url is None:
        yield AREA.ok("empty: updates and payments are asked for, no public address is needed")
        return
    parts = urlsplit(settings.public_url)
    port = parts.port or STANDARD[parts.scheme]
    local = parts.hostname in LOOPBACK
    if not local and port not in TELEGRAM_PORTS:
        yield AREA.problem(f"Telegram never calls port {port}", "use 443 or 8443")
    elif not local and settings.takes_links and port not in PROVIDER_PORTS:
        yield AREA.problem(
            f"YooKassa never calls port {port}", "use 443 or 8443, which Telegram calls as well"
        )
    yield await _check_leads_here(settings.public_url)
    if settings.takes_links:
        key = "/ and your YOOKASSA_WEBHOOK_KEY" if settings.yookassa_webhook_key else ""
        yield AREA.advice(
            "whether YooKassa calls us can't be seen from here",
            f"its HTTP notifications, payment.* and refund.*, should go to {settings.public_url}/yookassa/webhook{key}",
        )


async def _check_leads_here(url: str) -> Finding:
    """By a page that a proxy has to publish anyway: where payers come back to."""
    try:
        async with aiohttp.ClientSession(timeout=TIMEOUT) as client, client.get(f"{url}/paid") as response:
            body = await response.content.read(64 * 1024)
            if response.status == 200 and b"https://t.me/" in body:
                return AREA.ok(f"{url} leads to a running bot")
            said = f"status {response.status}"
    except (aiohttp.ClientError, TimeoutError) as error:
        said = str(error) or "no answer in time"
    return AREA.advice(
        f"{url}/paid, tried from here: {said}",
        "while the bot runs, the address must lead to its HTTP_HOST:HTTP_PORT",
    )
