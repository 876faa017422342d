"""The doctor asks the mail server: reached, over TLS, let in, allowed to send."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.doctor import Finding, mail
from bot.settings import FixedSettings
from tests.smtp_servers import QUOTED, REMOTE, Handler, certificate, smtp_server

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


async def found(url: str, sender: str = "School <school@lessongate.example>") -> Finding:
    settings = FixedSettings(smtp_url=SecretStr(url), mail_from=sender)
    [finding] = [one async for one in mail.check(settings)]
    return finding


async def test_without_a_mail_server_nothing_is_wrong() -> None:
    [finding] = [one async for one in mail.check(FixedSettings())]
    assert finding.severity == "ok"


@pytest.mark.parametrize(
    ("user", "server", "said"),
    [
        (QUOTED, {}, "takes letters from school@lessongate.example"),
        ("me:wrong-password", {}, "user and password in SMTP_URL"),
        (QUOTED, {"senders": ("other@lessongate.example",)}, "an address that this user may send from"),
    ],
)
async def test_what_the_server_says_is_told_with_what_to_do(
    user: str, server: dict[str, Any], said: str
) -> None:
    async with smtp_server(Handler(**server), login=True) as port:
        finding = str(await found(f"smtp://{user}@127.0.0.1:{port}"))
    assert said in finding
    assert "wrong-password" not in finding


async def test_nobody_is_there() -> None:
    async with smtp_server(Handler()) as port:
        pass
    finding = str(await found(f"smtp://127.0.0.1:{port}"))
    assert f"127.0.0.1:{port} can't be reached" in finding
    assert "smtps:// and 465" in finding


async def test_another_machine_must_offer_tls_that_can_be_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with smtp_server(Handler(), host=REMOTE) as port:
        assert "offers no STARTTLS" in str(await found(f"smtp://{REMOTE}:{port}"))
    pem = certificate(tmp_path)
    for tls, scheme in ((False, "smtp"), (True, "smtps")):
        async with smtp_server(Handler(), host=REMOTE, pem=pem, tls=tls) as port:
            assert "the certificate of" in str(await found(f"{scheme}://{REMOTE}:{port}"))
            with monkeypatch.context() as trusting:
                trusting.setenv("SSL_CERT_FILE", str(pem))
                assert "takes letters from" in str(await found(f"{scheme}://{REMOTE}:{port}"))
        async with smtp_server(Handler(), pem=pem, tls=tls) as port:  # nobody stands between on this one
            assert "takes letters from" in str(await found(f"{scheme}://127.0.0.1:{port}"))
