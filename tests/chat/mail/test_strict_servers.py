"""Mail servers as the internet has them: none but this machine's own is spoken to without TLS, and a password that is
wrong is an alarm, not the end of the letter."""

from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.mail import smtp
from bot.mail.smtp import MailError, Trouble
from tests.smtp_servers import QUOTED, REMOTE, Handler, certificate, smtp_server

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
SENDER, ANNA = "school@lessongate.example", "anna@example.com"


async def send(url: str) -> None:
    message = EmailMessage()
    message.set_content("Привет")
    await smtp.send(smtp.read_server(SecretStr(url)), message, SENDER, ANNA)


async def test_no_letter_leaves_this_machine_in_the_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = Handler()
    async with smtp_server(handler, host=REMOTE) as port:
        with pytest.raises(MailError) as refused:
            await send(f"smtp://{REMOTE}:{port}")
    assert (refused.value.code, refused.value.of_server) == ("not supported", True)
    pem = certificate(tmp_path)
    async with smtp_server(handler, host=REMOTE, pem=pem) as port:
        with pytest.raises(MailError) as refused:
            await send(f"smtp://{REMOTE}:{port}")
        assert (refused.value.code, refused.value.trouble) == ("connect", Trouble.AGAIN)
        assert handler.over_tls == []
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        await send(f"smtp://{REMOTE}:{port}")
    async with smtp_server(handler, host=REMOTE, pem=pem, tls=True) as port:
        await send(f"smtps://{REMOTE}:{port}")
    assert handler.over_tls == [True, True]


@pytest.mark.parametrize(
    ("user", "senders", "code"),
    [("me:wrong", (), "login 535"), (QUOTED, ("other@lessongate.example",), "sender 550")],
)
async def test_what_an_admin_must_mend_is_tried_again_and_an_alarm(
    user: str, senders: tuple[str, ...], code: str
) -> None:
    async with smtp_server(Handler(senders), login=True) as port:
        with pytest.raises(MailError) as refused:
            await send(f"smtp://{user}@127.0.0.1:{port}")
    assert (refused.value.code, refused.value.trouble, refused.value.of_server) == (code, Trouble.AGAIN, True)
