"""One database address, as people paste it, in the three forms our tools take.

Hosters hand out `postgres://…?sslmode=require&channel_binding=require`, other tools add parameters of their own
(`pgbouncer=true`, `schema=public`, `ssl=true`). asyncpg would send what it does not know to the server, libpq
would refuse it, SQLAlchemy would fail on it; so each gets what it knows.
"""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from sqlalchemy import URL

SSL_MODES = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
SSL_WORDS = {"true": "require", "1": "require", "on": "require", "no-verify": "require", "false": "disable"}

PLACE_KEYS = {"host", "port"}
IDENTITY_KEYS = {"user", "password", "dbname", "database"}
SSL_KEYS = {
    "sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword", "sslnegotiation",
    "ssl_min_protocol_version", "ssl_max_protocol_version",
}  # fmt: skip
ASYNCPG_KEYS = PLACE_KEYS | SSL_KEYS | {"target_session_attrs", "passfile", "application_name", "options"}
LIBPQ_ONLY_KEYS = {
    "connect_timeout", "channel_binding", "hostaddr", "keepalives", "keepalives_idle", "gssencmode",
}  # fmt: skip


UNREADABLE = "the database address cannot be read: in user and password / # ? : @ % are written %2F %23 %3F %3A %40 %25"


class DsnError(ValueError):
    """The address cannot be understood; the text says why and never shows the password."""


@dataclass(frozen=True)
class Dsn:
    """An address taken apart: `hosts` as written between @ and /, `query` without what says who and which."""

    user: str | None
    password: str | None = field(repr=False)
    hosts: str
    database: str | None
    query: tuple[tuple[str, str], ...]

    def url(self, known: set[str], *, password: bool) -> str:
        """As a URL with only the parameters in `known`."""
        secret = f":{quote(self.password, safe='')}" if password and self.password else ""
        who = f"{quote(self.user, safe='')}{secret}@" if self.user else ""
        return f"postgresql://{who}{self.hosts}/{quote(self.database or '', safe='')}{self._query(known)}"

    def place(self) -> str:
        """Where and how to connect, without who and which, for asyncpg."""
        return f"postgresql://{self.hosts}/{self._query(ASYNCPG_KEYS)}"

    def _query(self, known: set[str]) -> str:
        kept = [(key, value) for key, value in self.query if key in known]
        return f"?{urlencode(kept, quote_via=quote, safe='/')}" if kept else ""

    @property
    def local(self) -> bool:
        """Whether a unix socket leads there."""
        return any(key == "host" and value.startswith("/") for key, value in self.query)

    @property
    def pooled(self) -> bool:
        """Whether the address says that a pooler stands between, which keeps no prepared statements."""
        off = {("pgbouncer", "true"), ("prepared_statement_cache_size", "0"), ("statement_cache_size", "0")}
        return not off.isdisjoint(self.query)


def parse_dsn(dsn: str) -> Dsn:
    """Takes `postgres://`, `postgresql://` and `postgresql+driver://`. Raises DsnError."""
    try:
        parts = urlsplit(_quote_brackets(dsn.strip()))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
    except ValueError:
        raise DsnError(UNREADABLE) from None  # what it says quotes the password
    if not re.fullmatch(r"postgres(ql)?(\+\w+)?", parts.scheme):
        raise DsnError("the database address must begin with postgresql://")
    who, _, hosts = parts.netloc.rpartition("@")
    _refuse_unquoted(hosts, parts.fragment)
    user, _, password = who.partition(":")
    return Dsn(
        user=unquote(user) or query.get("user"),
        password=unquote(password) or query.get("password"),
        hosts=hosts,
        database=unquote(parts.path.removeprefix("/")) or query.get("dbname") or query.get("database"),
        query=_plain_ssl({key: value for key, value in query.items() if key not in IDENTITY_KEYS}),
    )


def _quote_brackets(dsn: str) -> str:
    """A bracket in a password is no IPv6 address."""
    scheme, mark, rest = dsn.partition("://")
    before, question, query = rest.partition("?")
    who, at, hosts = before.rpartition("@")
    return f"{scheme}{mark}{who.replace('[', '%5B').replace(']', '%5D')}{at}{hosts}{question}{query}"


def _refuse_unquoted(hosts: str, fragment: str) -> None:
    ports = [host.rpartition(":")[2] for host in hosts.split(",") if ":" in host and not host.endswith("]")]
    if fragment or any(not port.isdecimal() for port in ports):
        raise DsnError(UNREADABLE)


def _plain_ssl(query: dict[str, str]) -> tuple[tuple[str, str], ...]:
    told = query.pop("ssl", None)
    mode = query.get("sslmode", told)
    if mode is not None:
        query["sslmode"] = SSL_WORDS.get(mode.lower(), mode.lower())
        if query["sslmode"] not in SSL_MODES:
            raise DsnError(f"the database address has an unknown sslmode: {mode}")
    return tuple(query.items())


def pooled_dsn(dsn: str, direct: str) -> str:
    """`dsn`, saying that a pooler stands between where `direct` leads around one."""
    if dsn == direct or parse_dsn(dsn).pooled:
        return dsn
    return f"{dsn.strip()}{'&' if '?' in dsn else '?'}pgbouncer=true"


def asyncpg_url(dsn: str) -> URL:
    """For `create_async_engine`. Host and TLS go through asyncpg's own reading of a DSN, which knows them all;
    user, password and database stand in their own fields, so that SQLAlchemy masks the password.
    """
    parsed = parse_dsn(dsn)
    query = {"dsn": parsed.place()}
    return URL.create(
        "postgresql+asyncpg", parsed.user, parsed.password, database=parsed.database, query=query
    )


def connect_args(dsn: str) -> dict[str, Any]:
    """For `create_async_engine`, beside the URL. Behind a pooler every statement is unnamed: a name would be missing
    on another server connection, or stay behind on this one (docs/facts.md#poolers)."""
    if not parse_dsn(dsn).pooled:
        return {}
    return {
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        "prepared_statement_name_func": lambda: "",
    }


def asyncpg_arguments(dsn: str) -> dict[str, Any]:
    """Keyword arguments of `asyncpg.connect` and `asyncpg.create_pool`."""
    parsed = parse_dsn(dsn)
    arguments: dict[str, Any] = {"dsn": parsed.url(ASYNCPG_KEYS, password=True)}
    if parsed.pooled:
        arguments["statement_cache_size"] = 0
    return arguments


def libpq_url(dsn: str) -> str:
    """For pg_dump and its kin, without the password: a command line is readable by everyone on the machine."""
    return parse_dsn(dsn).url(ASYNCPG_KEYS | LIBPQ_ONLY_KEYS, password=False)


def libpq_environment(dsn: str) -> dict[str, str]:
    """The password, where libpq finds it."""
    password = parse_dsn(dsn).password
    return {"PGPASSWORD": password} if password else {}
