"""Settings: one clear line for each wrong value, and no secret in it."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.settings import FixedSettings, Settings, SettingsError, load

NAMES = [name.upper() for name in Settings.model_fields]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to start in, and none of our settings in the environment."""
    for name in [name for name in os.environ if name.upper() in NAMES]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load()
    assert str(refused.value) == "\n".join(refused.value.lines)
    return refused.value.lines


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BOT_TOKEN", "not-a-token-at-all", "digits, a colon"),
        ("TELEGRAM_API_URL", "ftp://example.com", "not an http(s) address"),
        ("TELEGRAM_API_URL", "http://[::1", "not an http(s) address"),
        ("TELEGRAM_API_URL", "https://example.com:port", "not an http(s) address"),
        ("TELEGRAM_PROXY", "127.0.0.1:1080", "socks5://user:password@host:1080"),
        ("TELEGRAM_PROXY", "socks4://127.0.0.1:1080", "socks5://user:password@host:1080"),
        ("TELEGRAM_PROXY", "socks5://127.0.0.1", "socks5://user:password@host:1080"),
        ("TELEGRAM_PROXY", "http://user:pa/ss@127.0.0.1:3128", "socks5://user:password@host:1080"),
        ("SMTP_URL", "mail.example.com", "smtp://user:password@host:587"),
        ("SMTP_URL", "http://mail.example.com", "smtp://user:password@host:587"),
        ("SMTP_URL", "smtp://user@mail.example.com", "smtp://user:password@host:587"),
        ("SMTP_URL", "smtp://user:pa#ss@mail.example.com", "%23"),
        ("SMTP_URL", "smtp://mail.example.com/path", "smtp://user:password@host:587"),
        ("MAIL_FROM", "School", "School <post@example.com>"),
        ("MAIL_FROM", "School <post@>", "School <post@example.com>"),
        ("MAIL_FROM", "School\nBcc: <post@example.com>", "more than one line"),
        ("DATABASE_URL", "mysql://app@localhost/app", "postgresql://"),
        ("DATABASE_DIRECT_URL", "sqlite:///app.db", "postgresql://"),
        ("ADMIN_IDS", "1,olga", "'olga' is not a Telegram user id"),
        ("ADMIN_IDS", "-5", "'-5' is not a Telegram user id"),
        ("PUBLIC_URL", "bot.example.com", "not an http(s) address"),
        ("PUBLIC_URL", "https://bot.example.com/bot", "a host and perhaps a port"),
        ("PUBLIC_URL", "https://bot.example.com/?x=1", "a host and perhaps a port"),
        ("PUBLIC_URL", "https://bot.example.com#x", "a host and perhaps a port"),
        ("PUBLIC_URL", "https://olga@bot.example.com", "a name or a password"),
        ("PUBLIC_URL", "https://bot..example.com", "not a name"),
        ("PUBLIC_URL", f"https://{'b' * 64}.example.com", "not a name"),
        ("PUBLIC_URL", "https://bot example.com", "a host and perhaps a port"),
        ("WEBHOOK_SECRET", "with spaces", "A-Z a-z"),
        ("WEBHOOK_SECRET", "s" * 257, "16 to 256"),
        ("WEBHOOK_SECRET", "s" * 15, "16 to 256"),
        ("YOOKASSA_WEBHOOK_KEY", "s" * 15, "16 to 256"),
        ("YOOKASSA_WEBHOOK_KEY", "s" * 257, "16 to 256"),
        ("YOOKASSA_WEBHOOK_KEY", "a/key-of-the/callbacks", "A-Z a-z"),
        ("YOOKASSA_WEBHOOK_KEY", "ключ-для-уведомлений", "A-Z a-z"),
        ("HTTP_PORT", "65536", "less than or equal to 65535"),
        ("HTTP_PORT", "http", "integer"),
        ("YOOKASSA_SHOP_ID", "shop", "digits"),
        ("YOOKASSA_API_URL", "api.yookassa.ru", "not an http(s) address"),
        ("YOOKASSA_API_URL", "https://shop:secret-thing@example.com", "a name or a password"),
        ("TELEGRAM_API_URL", "http://user:secret-thing@127.0.0.1:8081", "a name or a password"),
        ("YOOKASSA_VAT_CODE", "13", "less than or equal to 12"),
        ("YOOKASSA_TAX_SYSTEM", "0", "greater than or equal to 1"),
        ("STARS_ENABLED", "perhaps", "boolean"),
        ("PAYMENT_NEWS", "2", "boolean"),
        ("SESSION_DAYS", "0", "greater than or equal to 1"),
        ("DEFAULT_LANGUAGE", "de", "'ru' or 'en'"),
        ("TIMEZONE", "Moscow", "not a time zone such as Europe/Moscow"),
        ("TIMEZONE", "../../etc/passwd", "not a time zone"),
        ("TERMS_URL", "terms.html", "not an http(s) address"),
        ("PRIVACY_URL", "javascript:alert(1)", "not an http(s) address"),
        ("LOG_FORMAT", "xml", "'console' or 'json'"),
        ("LOG_LEVEL", "LOUD", "'DEBUG', 'INFO'"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    [line] = refusal(monkeypatch, **{name: value})
    assert line.startswith(f"{name}: ")
    assert said in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"PUBLIC_URL": "https://bot.example.com"}, "WEBHOOK_SECRET is required with PUBLIC_URL"),
        ({"PUBLIC_URL": "http://bot.example.com", "WEBHOOK_SECRET": "s" * 16}, "PUBLIC_URL must be https"),
        ({"YOOKASSA_SHOP_ID": "100500"}, "YOOKASSA_SHOP_ID and YOOKASSA_SECRET_KEY go together"),
        ({"YOOKASSA_SECRET_KEY": "key"}, "YOOKASSA_SHOP_ID and YOOKASSA_SECRET_KEY go together"),
        ({"SMTP_URL": "smtp://mail.example.com"}, "SMTP_URL and MAIL_FROM go together"),
        ({"MAIL_FROM": "post@example.com"}, "SMTP_URL and MAIL_FROM go together"),
        ({"YOOKASSA_TAX_SYSTEM": "1"}, "YOOKASSA_TAX_SYSTEM needs YOOKASSA_VAT_CODE"),
    ],
)
def test_settings_that_disagree(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], said: str
) -> None:
    [line] = refusal(monkeypatch, **environment)
    assert line.startswith(said)


def test_every_wrong_one_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = refusal(monkeypatch, HTTP_PORT="x", TIMEZONE="x", ADMIN_IDS="x")
    assert {line.split(":")[0] for line in lines} == {"HTTP_PORT", "TIMEZONE", "ADMIN_IDS"}
    assert len(lines) == 3


def test_every_disagreement_is_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = refusal(monkeypatch, PUBLIC_URL="https://bot.example.com", YOOKASSA_SHOP_ID="100500")
    assert [line.split()[0] for line in lines] == ["WEBHOOK_SECRET", "YOOKASSA_SHOP_ID"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOT_TOKEN", "77 secret-thing"),
        ("WEBHOOK_SECRET", "secret-thing!"),
        ("DATABASE_URL", "mysql://app:secret-thing@localhost/app"),
        ("DATABASE_DIRECT_URL", "mysql://app:secret-thing@localhost/app"),
        ("TELEGRAM_API_URL", "ftp://user:secret-thing@example.com"),
        ("YOOKASSA_SECRET_KEY", "secret-thing"),
        ("SMTP_URL", "smtp://me@school.example:secret-thing@mail.example.com:x"),
    ],
)
def test_a_refusal_shows_no_secret(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert "secret-thing" not in str(refusal(monkeypatch, **{name: value}))


def test_settings_can_be_shown_without_their_secrets() -> None:
    secret = SecretStr("777:secret-thing")
    settings = FixedSettings(bot_token=secret, yookassa_shop_id="1", yookassa_secret_key=secret)
    assert "secret-thing" not in f"{settings!r} {settings} {settings.model_dump()}"


ADDRESSES = [
    "socks5://user:secret-thing@h:1080",
    "postgresql+asyncpg://u:secret-thing@h/d?options=a@b",
    "postgresql://u:secret-thing/1@h/d",
    "postgresql://u:secret%2Dthing@h/d",
    "postgresql:///d?host=/x&password=secret-thing",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_password_in_an_address_is_a_secret(address: str) -> None:
    settings = FixedSettings(telegram_proxy=None).model_copy(update={"database_url": SecretStr(address)})
    assert any(word.startswith("secret-thing") for word in settings.secrets())


def test_the_env_file_is_read_and_the_environment_goes_before_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.joinpath(".env").write_text(
        "BOT_TOKEN=777:from-file\nADMIN_IDS= 5, 6 ,\nHTTP_PORT=1234\nSUPPORT_CONTACT=\nSOMETHING_ELSE=1\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("HTTP_PORT", "4321")
    settings = load()
    assert settings.bot_token is not None
    assert settings.bot_token.get_secret_value() == "777:from-file"
    assert settings.admin_ids == (5, 6)
    assert settings.http_port == 4321
    assert settings.support_contact is None


def test_the_example_is_a_file_that_works(folder: Path) -> None:
    example = Path(__file__).parent.parent / ".env.example"
    folder.joinpath(".env").write_bytes(example.read_bytes())
    from_example = load()
    folder.joinpath(".env").unlink()
    assert from_example == load()


def test_one_admin_needs_no_comma(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_IDS", "7000000003")
    assert load().admin_ids == (7000000003,)


def test_addresses_lose_their_last_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://bot.example.com/")
    monkeypatch.setenv("WEBHOOK_SECRET", "s" * 16)
    assert load().public_url == "https://bot.example.com"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://бот.школа.рф", "https://xn--90a0am.xn--80atdl2c.xn--p1ai"),
        ("https://БОТ.школа.рф:8443/", "https://xn--90a0am.xn--80atdl2c.xn--p1ai:8443"),
        ("HTTPS://Bot.Example.com", "https://bot.example.com"),
    ],
)
def test_a_public_address_is_handed_on_in_ascii(
    monkeypatch: pytest.MonkeyPatch, written: str, meant: str
) -> None:
    monkeypatch.setenv("PUBLIC_URL", written)
    monkeypatch.setenv("WEBHOOK_SECRET", "s" * 16)
    assert load().public_url == meant


def test_plain_http_is_fine_beside_a_local_telegram(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_API_URL", "http://127.0.0.1:8077")
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:8080")
    monkeypatch.setenv("WEBHOOK_SECRET", "s" * 16)
    assert load().public_url == "http://127.0.0.1:8080"


def test_fixed_settings_take_nothing_from_outside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.joinpath(".env").write_text("BOT_TOKEN=777:from-file\n", encoding="utf-8")
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@localhost/live")
    monkeypatch.setenv("HTTP_PORT", "not a port")
    settings = FixedSettings()
    assert (settings.bot_token, settings.database_url, settings.http_port) == (None, None, 8080)
