"""Updates sent to a bot's webhook: in order per chat, again and again until they are taken."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.calls import perform
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import ApiError
from bot.sandbox.telegram.params import Params, parse_form, parse_json_object, read_multipart
from bot.sandbox.telegram.updates import Pending, Queue

log = logging.getLogger(__name__)
TIMEOUT = aiohttp.ClientTimeout(total=60)
LONGEST_PAUSE = 60.0  # seconds
LONGEST_RETRY_AFTER = 3600.0


@dataclass
class DeliveryError(Exception):
    """The bot did not take the update; `retry_after` in seconds when it said so."""

    reason: str
    retry_after: float | None = None


@dataclass
class Delivery:
    """The lanes of one bot that have something to send."""

    slots: asyncio.Semaphore
    lanes: dict[str, asyncio.Task[None]] = field(default_factory=dict)


class WebhookSender:
    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._deliveries: dict[int, Delivery] = {}
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=TIMEOUT, connector=aiohttp.TCPConnector(limit=0))
        for account in self._ctx.accounts.all():
            self.poke(account)

    async def stop(self) -> None:
        tasks = [task for bot in list(self._deliveries) for task in self._halt(bot)]
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def settings_changed(self, account: Account) -> None:
        """The waiting updates go to the new address at once."""
        self._halt(account.id)
        self.poke(account)

    def poke(self, account: Account) -> None:
        """Starts a sender for every lane that has updates and no sender yet."""
        if not account.webhook.url or self._session is None:
            return
        queue = self._ctx.updates.queue(account.id)
        delivery = self._deliveries.setdefault(
            account.id, Delivery(asyncio.Semaphore(account.webhook.max_connections))
        )
        for lane in queue.lanes.keys() - delivery.lanes.keys():
            task = asyncio.create_task(self._run_lane(account, queue, lane, delivery))
            delivery.lanes[lane] = task

    def _halt(self, bot: int) -> list[asyncio.Task[None]]:
        delivery = self._deliveries.pop(bot, None)
        tasks = list(delivery.lanes.values()) if delivery else []
        for task in tasks:
            task.cancel()
        return tasks

    async def _run_lane(self, account: Account, queue: Queue, lane: str, delivery: Delivery) -> None:
        failures = 0
        try:
            while item := queue.first(lane):
                try:
                    async with delivery.slots:
                        await self._send(account, item)
                except DeliveryError as failure:
                    await asyncio.sleep(self._failed(account, failure, failures))
                    failures += 1
                else:
                    queue.confirm(item)
                    failures = 0
        finally:
            delivery.lanes.pop(lane, None)

    def _failed(self, account: Account, failure: DeliveryError, failures: int) -> float:
        """Notes the failure for getWebhookInfo and says how long to wait: nothing at first, then 1, 2, 4, … s."""
        hook = account.webhook
        hook.last_error_date, hook.last_error_message = int(self._ctx.clock.time()), failure.reason
        self._ctx.accounts.save(account)
        log.warning("webhook of bot %s: %s", account.id, failure.reason)
        pause = min(2.0 ** (failures - 1), LONGEST_PAUSE) if failures else 0.0
        wanted = min(failure.retry_after, LONGEST_RETRY_AFTER) if failure.retry_after else pause
        return max(wanted, pause) * self._ctx.retry_unit

    async def _send(self, account: Account, item: Pending) -> None:
        """Raises DeliveryError unless the bot answered 2xx."""
        assert self._session is not None
        secret = account.webhook.secret_token
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        try:
            request = self._session.post(
                account.webhook.url, json=item.update, headers=headers, allow_redirects=False
            )
            async with request as response:
                await self._take_answer(account, response)
        except TimeoutError as error:
            raise DeliveryError("Read timeout expired") from error
        except aiohttp.ClientError as error:
            refused = isinstance(error, aiohttp.ClientConnectorError)
            raise DeliveryError("Connection refused" if refused else f"Connection broken: {error}") from error

    async def _take_answer(self, account: Account, response: aiohttp.ClientResponse) -> None:
        if not 200 <= response.status < 300:
            reason = f"Wrong response from the webhook: {response.status} {response.reason}"
            raise DeliveryError(reason, _seconds(response.headers.get("Retry-After")))
        try:
            params = await _call_in_answer(response)
        except ApiError as error:
            log.warning("webhook of bot %s: its answer cannot be read: %s", account.id, error.description)
            return
        if name := str(params.values.pop("method", "")):
            await perform(self._ctx, account, name, params)


async def _call_in_answer(response: aiohttp.ClientResponse) -> Params:
    """A bot may answer a webhook with a method call; its result is told to nobody."""
    params = Params()
    if response.content_type == "multipart/form-data":
        await read_multipart(aiohttp.MultipartReader.from_response(response), params)
    elif response.content_type == "application/json" and (raw := await response.read()):
        params.values.update(parse_json_object(raw))
    elif response.content_type == "application/x-www-form-urlencoded":
        params.values.update(parse_form(await response.read()))
    else:
        await response.read()
    return params


def _seconds(header: Any) -> float | None:
    return float(header) if header and str(header).isdecimal() else None
