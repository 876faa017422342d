"""Settings from the environment or `.env`; a wrong value stops the start with one line naming it."""

import re
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import idna
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bot.values import proxy_address, sender, smtp_address
from db.dsn import pooled_dsn
from db.payments.methods import PaymentMethod

# What a way to pay is set up by.
SETTING_OF = {
    PaymentMethod.LINK: "YOOKASSA_SHOP_ID",
    PaymentMethod.INVOICE: "TELEGRAM_PAYMENT_TOKEN",
    PaymentMethod.STARS: "STARS_ENABLED",
}
MIN_SITE_SECRET = 32  # characters
# A name with signs that internationalized ones may not have, or an IPv6 address.
HOST = re.compile(r"(?:[0-9a-z_-]{1,63}\.)*[0-9a-z_-]{1,63}\.?|[0-9a-f:.]*:[0-9a-f:.]+")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class SettingsError(Exception):
    """`lines` names each wrong setting and what is wrong with it, for people."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def _ids(value: Any) -> Any:
    if isinstance(value, int):
        return (value,)
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if bad := [part for part in parts if not re.fullmatch(r"\d{1,19}", part)]:
        raise ValueError(f"{bad[0]!r} is not a Telegram user id; separate the ids by commas")
    return tuple(int(part) for part in parts)


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{value!r} is not a time zone such as Europe/Moscow") from error
    return value


def _token(value: SecretStr | None) -> SecretStr | None:
    if value is not None and not re.fullmatch(r"\d+:[\w-]{3,}", value.get_secret_value()):
        raise ValueError("not a token as BotFather gives them: digits, a colon, letters and digits")
    return value


def _url(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        # Not shown: a password may be in it.
        raise ValueError("not an http(s) address such as https://example.com")
    if parts.username is not None:  # where it is shown, in logs and by the doctor, the password would be
        raise ValueError("a name or a password does not belong into this address")
    return value.rstrip("/")


def _origin(value: str | None) -> str | None:
    """Telegram and YooKassa are given it as it is, so it is only a host (in ASCII) and a port."""
    if value is None:
        return None
    parts = urlsplit(_url(value) or "")
    if re.search(r"\s", value) or "?" in value or "#" in value or parts.path:
        raise ValueError("only https://, a host and perhaps a port, such as https://bot.example.com")
    try:
        host = idna.encode(parts.hostname or "", uts46=True).decode()
    except idna.IDNAError as error:
        host = parts.hostname or ""
        if not HOST.fullmatch(host):
            raise ValueError("the host is not a name that the internet's directory can hold") from error
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def _shop(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"[0-9]+", value):
        raise ValueError("digits only, as the provider's dashboard shows it")
    return value


def _database(value: SecretStr | None) -> SecretStr | None:
    if value is not None and not re.match(r"postgres(ql)?(\+asyncpg)?://", value.get_secret_value()):
        raise ValueError("not an address of the form postgresql://user:password@host:port/database")
    return value


def _secret(value: SecretStr | None) -> SecretStr | None:
    """Whoever has Telegram's can speak as every admin and every payer, so it must not be guessed."""
    if value is not None and not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", value.get_secret_value()):
        raise ValueError("16 to 256 letters A-Z a-z, digits, _ and - only; openssl rand -hex 32 makes one")
    return value


def _site_secret(value: SecretStr | None) -> SecretStr | None:
    """Whoever has it can sign in as every learner."""
    if value is not None and len(value.get_secret_value()) < MIN_SITE_SECRET:
        raise ValueError(f"at least {MIN_SITE_SECRET} characters; openssl rand -hex 32 makes one")
    return value


def _passwords(address: str) -> list[str]:
    """What may be the password in an address, as written there and as it is meant: where one stands with a sign that
    had to be quoted, it is not plain where it ends."""
    _scheme, _, rest = address.partition("://")
    places = (r"[^:/]*:([^/?#]*)@", r"[^:/]*:(.*)@")
    found = [match[1] for place in places if (match := re.match(place, rest))]
    found += re.findall(r"[?&](?:ssl)?password=([^&#]+)", rest)
    return [word for password in found for word in (password, unquote(password))]


Url = Annotated[str, AfterValidator(_url)]
Origin = Annotated[str, AfterValidator(_origin)]
Database = Annotated[SecretStr, AfterValidator(_database)]  # a password may be in it


class Settings(BaseSettings):
    """docs/settings.md says what each one means."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", case_sensitive=False, frozen=True
    )

    bot_token: Annotated[SecretStr | None, AfterValidator(_token)] = None
    telegram_api_url: Url = "https://api.telegram.org"
    telegram_proxy: Annotated[SecretStr | None, AfterValidator(proxy_address)] = (
        None  # a password may be in it
    )
    database_url: Database | None = None
    database_direct_url: Database | None = None
    data_dir: Path = Path("var")
    admin_ids: Annotated[tuple[int, ...], NoDecode, BeforeValidator(_ids)] = ()
    public_url: Origin | None = None
    webhook_secret: Annotated[SecretStr | None, AfterValidator(_secret)] = None
    http_host: str = "127.0.0.1"
    http_port: int = Field(8080, ge=0, le=65535)
    yookassa_shop_id: Annotated[str | None, AfterValidator(_shop)] = None
    yookassa_secret_key: SecretStr | None = None
    yookassa_api_url: Url = "https://api.yookassa.ru/v3"
    yookassa_webhook_key: Annotated[SecretStr | None, AfterValidator(_secret)] = None
    site_link_secret: Annotated[SecretStr | None, AfterValidator(_site_secret)] = None
    yookassa_vat_code: Annotated[int, Field(ge=1, le=12)] | None = None
    yookassa_tax_system: Annotated[int, Field(ge=1, le=6)] | None = None
    telegram_payment_token: SecretStr | None = None
    stars_enabled: bool = True
    payment_news: bool = True
    smtp_url: Annotated[SecretStr | None, AfterValidator(smtp_address)] = None
    mail_from: Annotated[str | None, AfterValidator(sender)] = None
    session_days: int = Field(365, ge=1, le=3650)
    default_language: Literal["ru", "en"] = "ru"
    timezone: Annotated[str, AfterValidator(_timezone)] = "Europe/Moscow"
    support_contact: str | None = None
    terms_url: Url | None = None
    privacy_url: Url | None = None
    terms_version: str = "1"
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="after")
    def _agree(self) -> "Settings":
        problems = list(self._disagreements())
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _disagreements(self) -> Any:
        if self.public_url and not self.webhook_secret:
            yield "WEBHOOK_SECRET is required with PUBLIC_URL"
        local = urlsplit(self.telegram_api_url).hostname in LOOPBACK
        if self.public_url and self.public_url.startswith("http://") and not local:
            yield "PUBLIC_URL must be https: Telegram calls no plain http address"
        if bool(self.yookassa_shop_id) != bool(self.yookassa_secret_key):
            yield "YOOKASSA_SHOP_ID and YOOKASSA_SECRET_KEY go together"
        if bool(self.smtp_url) != bool(self.mail_from):
            yield "SMTP_URL and MAIL_FROM go together"
        if self.yookassa_tax_system and not self.yookassa_vat_code:
            yield "YOOKASSA_TAX_SYSTEM needs YOOKASSA_VAT_CODE"

    @property
    def dsn(self) -> str | None:
        """The database's address, saying so where it leads through a pooler; None for the embedded server."""
        if self.database_url is None:
            return None
        direct = self.database_direct_url or self.database_url
        return pooled_dsn(self.database_url.get_secret_value(), direct.get_secret_value())

    @property
    def direct_dsn(self) -> str | None:
        """Its address around a pooler."""
        return self.database_direct_url.get_secret_value() if self.database_direct_url else self.dsn

    def secrets(self) -> list[str]:
        """Everything that no log may show, passwords inside addresses too."""
        values = (value for value in vars(self).values() if value is not None)
        known = [value.get_secret_value() if isinstance(value, SecretStr) else str(value) for value in values]
        hidden = [value.get_secret_value() for value in vars(self).values() if isinstance(value, SecretStr)]
        return hidden + [word for address in known if "://" in address for word in _passwords(address)]

    @property
    def zone(self) -> tzinfo:
        """TIMEZONE: how times are shown."""
        return ZoneInfo(self.timezone)

    @property
    def asks_consent(self) -> bool:
        """Whether people must agree to terms and privacy policy: only where both have an address."""
        return bool(self.terms_url and self.privacy_url)

    @property
    def sends_mail(self) -> bool:
        """Whether e-mails can be proven, and news go by mail where Telegram can't deliver them."""
        return self.smtp_url is not None

    @property
    def payment_methods(self) -> list[PaymentMethod]:
        """The ways to pay that are set up; each takes some currencies (bot/currencies.py)."""
        ready = {
            PaymentMethod.LINK: self.takes_links,
            PaymentMethod.INVOICE: self.telegram_payment_token is not None,
            PaymentMethod.STARS: self.stars_enabled,
        }
        return [method for method, is_ready in ready.items() if is_ready]

    @property
    def takes_links(self) -> bool:
        """Whether paying by YooKassa link is offered."""
        return self.yookassa_shop_id is not None


def _line(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"][:1]).upper()
    message = error["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def load(**overrides: Any) -> Settings:
    """Raises SettingsError with one line for each wrong setting."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError([line for e in error.errors() for line in _line(e).splitlines()]) from error


class FixedSettings(Settings):
    """Only what is given: neither `.env` nor the environment of a live shop is read."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)
