"""Groups and channels in the chat page: made, joined by a link, left."""

from tests.browser.chrome import require_browser
from tests.browser.conftest import ANNA, OpenWindow, StartBot, Window
from tests.browser.scripts import GREETING

require_browser()

from playwright.async_api import expect  # noqa: E402  (only once it is known to be there)


async def found(window: Window, title: str, kind: str = "channel") -> None:
    await window.by("chat-menu").click()
    await window.by("menu-groups").click()
    await window.by("group-title").fill(title)
    await window.by("group-type").select_option(kind)
    await window.by("group-create").click()
    await expect(window.by("group").filter(has_text=title)).to_contain_text("владелец")


async def test_a_channel_is_made_and_entered_by_request(open_window: OpenWindow, start_bot: StartBot) -> None:
    bot = await start_bot(GREETING)
    window = await open_window()
    await window.say("/start")
    await expect(window.messages("Hello")).to_be_visible()
    await found(await open_window(7000000003), "Курс")
    added = (await bot.got(lambda update: "my_chat_member" in update))["my_chat_member"]
    assert (added["chat"]["title"], added["new_chat_member"]["status"]) == ("Курс", "administrator")
    group = added["chat"]["id"]
    link = (await bot.call("createChatInviteLink", chat_id=group, creates_join_request=True))["invite_link"]
    await bot.call("sendMessage", chat_id=ANNA, text=f"Come in: {link}")
    await window.messages("Come in").locator("a").click()
    await expect(window.page.get_by_role("dialog")).to_contain_text("по заявке")
    await window.by("invite-join").click()
    await expect(window.by("toast")).to_contain_text("Заявка отправлена")
    request = (await bot.got(lambda update: "chat_join_request" in update))["chat_join_request"]
    assert request["from"]["id"] == ANNA
    await bot.call("approveChatJoinRequest", chat_id=group, user_id=ANNA)
    await expect(window.by("toast").filter(has_text="Вас приняли")).to_be_visible()


async def test_a_group_is_joined_and_left(open_window: OpenWindow, start_bot: StartBot) -> None:
    bot = await start_bot(GREETING)
    olga = await open_window(7000000003)
    await found(olga, "Клуб", "supergroup")
    window = await open_window()
    await window.by("chat-menu").click()
    await window.by("menu-groups").click()
    await window.by("group-move").click()
    joined = await bot.got(lambda update: "new_chat_members" in update.get("message", {}))
    assert joined["message"]["from"]["id"] == ANNA
    await expect(window.by("group")).to_contain_text("участник")
    await window.by("group-move").click()
    await bot.got(lambda update: "left_chat_member" in update.get("message", {}))
    await expect(window.by("group")).to_contain_text("не участвует")
    await olga.by("group-bot").select_option("left")
    left = await bot.got(
        lambda update: update.get("my_chat_member", {}).get("new_chat_member", {}).get("status") == "left"
    )
    assert left["my_chat_member"]["from"]["id"] == 7000000003
