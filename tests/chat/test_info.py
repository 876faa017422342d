"""What anyone may read, and stopping a question."""

import re

import pytest

from bot.chat.commands import COMMANDS, Audience, for_audience
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts import free_text
from bot.texts import info as words
from bot.texts.accounts import profile as account_words
from bot.texts.accounts import registration as registration_words
from bot.texts.commands import about
from tests.app import origin_of, settings_for
from tests.chat_user import ChatUser


def commands_in(text: str) -> set[str]:
    """Those that begin a line."""
    return set(re.findall(r"^/(\w+)", text, re.MULTILINE))


def names(audience: Audience) -> set[str]:
    return {one.name for one in for_audience(audience)}


async def test_help_lists_what_one_may_do(anna: ChatUser, ben: ChatUser, olga: ChatUser) -> None:
    await ben.register()
    await anna.send("/help")
    await ben.send("/help")
    await olga.send("/help")
    assert commands_in(anna.last_text) == names(Audience.ANYONE)
    assert commands_in(ben.last_text) == names(Audience.LEARNER)
    assert commands_in(olga.last_text) == names(Audience.ADMIN)
    assert anna.words(registration_words.REGISTER) in anna.buttons


async def test_every_command_that_help_names_is_answered(olga: ChatUser) -> None:
    await olga.register()
    for command in COMMANDS:
        if command.name != "logout":
            await olga.send(f"/{command.name}")
            assert olga.new_texts, f"/{command.name} was not answered"
            assert olga.words(registration_words.UNKNOWN_COMMAND) not in olga.new_texts


async def test_every_command_is_reached_by_a_button_too(olga: ChatUser) -> None:
    await olga.register()
    for command in COMMANDS:
        if command.name != "logout":
            await olga.press(f"go:{command.name}")
            assert olga.toast != olga.words(registration_words.STALE_BUTTON), command.name


async def test_commands_are_understood_in_capitals_and_with_the_bots_name(anna: ChatUser) -> None:
    await anna.send("/help")
    text = anna.last_text
    await anna.send("/HELP")
    assert anna.last_text == text


@pytest.mark.parametrize("command", ["terms", "privacy"])
async def test_documents_that_are_not_published(anna: ChatUser, command: str) -> None:
    await anna.send(f"/{command}")
    with anna.localizer.use_locale("ru"):
        title = next(about(one) for one in COMMANDS if one.name == command)
    assert anna.last_text == anna.words(lambda: words.document(title, None, "1"))


class TestPublished:
    @pytest.fixture
    def app_settings(self, sandbox: Sandbox) -> Settings:
        return settings_for(
            origin_of(sandbox),
            terms_url="https://school.example/terms?a=1&b=2",
            privacy_url="https://school.example/privacy",
            terms_version="2026-03",
            support_contact=None,
        )

    async def test_documents_show_address_and_version(self, anna: ChatUser) -> None:
        await anna.send("/terms")
        assert "https://school.example/terms?a=1&b=2" in anna.last_text
        assert "2026-03" in anna.last_text
        await anna.send("/privacy")
        assert "https://school.example/privacy" in anna.last_text
        assert "2026-03" in anna.last_text

    async def test_help_with_payments_without_a_contact(self, anna: ChatUser) -> None:
        await anna.send("/paysupport")
        assert anna.last_text == anna.words(lambda: words.paysupport(None, False))


async def test_help_with_payments(anna: ChatUser) -> None:
    await anna.send("/paysupport")
    assert "@school_support" in anna.last_text
    assert anna.words(account_words.PAYMENTS) in anna.buttons


async def test_cancel_stops_a_question_once(anna: ChatUser) -> None:
    await anna.send("/cancel")
    assert anna.last_text == anna.words(words.NOTHING_TO_STOP)
    await anna.register()
    await anna.send("/promo")
    await anna.send("/cancel")
    assert anna.last_text == anna.words(words.STOPPED)
    await anna.send("no such code")
    assert anna.last_text == anna.words(lambda: free_text.i_am_a_bot("@school_support", unpaid=False))
    await anna.send("/cancel")
    assert anna.last_text == anna.words(words.NOTHING_TO_STOP)
