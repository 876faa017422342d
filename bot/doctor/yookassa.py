"""YooKassa: the credentials, the shop's receipts, and whether the invoice token is for tests as the shop is."""

from collections.abc import AsyncIterator, Iterator

from bot.doctor.finding import Area, Finding
from bot.settings import Settings
from bot.yookassa.answers import ProviderRefusedError, ProviderUnknownError, ShopAccount
from bot.yookassa.client import YooKassa

AREA = Area("YooKassa")
TOKEN = Area("TELEGRAM_PAYMENT_TOKEN")
TIMEOUTS = (3.05, 10.0)  # seconds


async def check(settings: Settings) -> AsyncIterator[Finding]:
    account = None
    if settings.takes_links:
        try:
            account = await _account(settings)
        except ProviderRefusedError as error:
            remedy = "take shop id and secret key from YooKassa's Integration → API keys"
            yield AREA.problem(f"it refuses the credentials: {error}", remedy)
        except ProviderUnknownError as error:
            yield AREA.problem(f"no answer: {error.reason}", f"check the way to {settings.yookassa_api_url}")
    else:
        yield AREA.ok("not configured: paying by link is not offered")
    if account is not None:
        for finding in _check_shop(settings, account):
            yield finding
    for finding in _check_invoice_token(settings, account):
        yield finding


async def _account(settings: Settings) -> ShopAccount:
    assert settings.yookassa_shop_id is not None
    assert settings.yookassa_secret_key is not None
    secret = settings.yookassa_secret_key.get_secret_value()
    client = YooKassa(
        settings.yookassa_shop_id, secret, settings.yookassa_api_url, threads=1, timeouts=TIMEOUTS
    )
    try:
        return await client.account()
    finally:
        await client.close()


def _check_shop(settings: Settings, account: ShopAccount) -> Iterator[Finding]:
    if account.account_id != settings.yookassa_shop_id:
        yield AREA.problem(
            f"the key is that of shop {account.account_id}, not of {settings.yookassa_shop_id}",
            "put id and key of one shop into YOOKASSA_SHOP_ID and YOOKASSA_SECRET_KEY",
        )
    if account.status != "enabled":
        yield AREA.problem(
            f"the shop is {account.status}: it takes no payments", "ask YooKassa's support why"
        )
    elif account.account_id == settings.yookassa_shop_id:
        yield AREA.ok(f"shop {account.account_id} is enabled")
    if account.test:
        yield AREA.advice(
            "a test shop: no real money moves", "before selling, set id and key of the live shop"
        )
    yield from _check_receipts(settings, account)


def _check_receipts(settings: Settings, account: ShopAccount) -> Iterator[Finding]:
    """Without a receipt such a shop refuses every payment (docs/facts.md#receipts)."""
    vat = settings.yookassa_vat_code
    if account.fiscalization and vat is None:
        yield AREA.problem(
            "the shop demands receipts (54-FZ), but none are configured: every payment will be refused",
            "set YOOKASSA_VAT_CODE (1 is: without VAT; ask your accountant)",
        )
    elif account.fiscalization:
        yield AREA.ok(f"receipts are sent, VAT code {vat}")
    elif vat is not None and not account.test:
        yield AREA.advice(
            "YOOKASSA_VAT_CODE is set, but the shop registers no receipts",
            "switch them on at YooKassa, or empty YOOKASSA_VAT_CODE",
        )
    if account.own_receipts and settings.yookassa_tax_system is not None:
        yield AREA.problem(
            'the shop uses "Чеки от ЮKassa" (YooKassa\'s own receipts), which refuse a tax system',
            "empty YOOKASSA_TAX_SYSTEM",
        )


def _check_invoice_token(settings: Settings, account: ShopAccount | None) -> Iterator[Finding]:
    """The token's middle part is TEST or LIVE (docs/facts.md#provider-token)."""
    if settings.telegram_payment_token is None:
        return
    kind = settings.telegram_payment_token.get_secret_value().split(":")[1:2]
    if kind not in (["TEST"], ["LIVE"]):
        yield TOKEN.advice(
            "neither of the form …:TEST:… nor …:LIVE:…", "copy it anew from @BotFather → Payments"
        )
        return
    test = kind == ["TEST"]
    if account is not None and account.test != test:
        shop = "a test" if account.test else "the live"
        yield TOKEN.problem(
            f"a {kind[0]} token beside {shop} shop",
            "use token and shop both for tests, or both for real money",
        )
    elif test and account is None:
        yield TOKEN.advice(
            "a TEST token: no real money moves", "before selling, take the LIVE one from @BotFather"
        )
    else:
        yield TOKEN.ok(f"a {kind[0]} token")
