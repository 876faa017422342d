"""The simulated class: learners who register, choose an hour, redeem codes, learn, move, block the bot and come back,
while days pass; two workers, one of which is cut off again and again; a clock that jumps by an hour."""

import asyncio
import random
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg

from bot.catalogue.reading import parse
from bot.chat.buttons import FinishLesson, ShowLessons
from bot.chat.reminder_buttons import ChooseHour, ChooseZone, MuteReminders
from bot.clock import Clock
from bot.jobs.moving import ClockMover
from bot.sandbox.app import Sandbox
from bot.sandbox.telegram.chats import Chat
from bot.zones import CITIES
from db.catalogue.loading import load_catalogue
from db.engine import Pool
from db.queue import move_nearer
from handlers.app import Application
from tests.app import BOT
from tests.chat_user import ChatUser
from tests.faults.class_school import CODES, ZONES, catalogue, make_lessons
from tests.faults.class_truth import DAY, HOUR, Learner, Told

KINDS = {"⌛": "ended", "🔓": "lesson unlocked", "🔁": "review due", "📖": "idle"}
STEP = timedelta(hours=6)


class Pupil(ChatUser):
    """Reads nothing by HTTP: the class looks into the sandbox, which takes no time."""

    chat: Chat

    async def refresh(self) -> None: ...

    async def tap(self, data: str) -> str:
        """The toast."""
        number = next(entry.id for entry in reversed(self.chat.messages.values()) if not entry.outgoing)
        await self._do("/callbacks", {"message_id": number, "data": data, "force": True})
        return self.toast or ""


@dataclass
class Habits:
    """When each thing is done next; what nobody does is not there."""

    next: dict[str, datetime]
    pace: timedelta
    stops_after: int
    codes: list[str]
    chance: random.Random


@dataclass
class SchoolClass:
    """`counts`: what the table shows; `faults`: what was wrong, in words."""

    app: Application
    sandbox: Sandbox
    clock: Clock
    mover: ClockMover
    sql: asyncpg.Connection
    dsn: str
    http: aiohttp.ClientSession
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    jumps: list[datetime] = field(default_factory=list)
    members: list[tuple[Pupil, Learner, Habits]] = field(default_factory=list)

    async def open(self, learners: int, days: int) -> None:
        """All come within the first third."""
        self.start = self.until = self.clock.now()
        self.seen = self._mark
        self.lessons = make_lessons(self.start)
        async with self.app.database.transaction(Pool.JOBS) as session:
            await load_catalogue(session, parse(catalogue(self.lessons)))
        self.module = await self.sql.fetchval("select id from modules where name = 'Course'")
        rows = await self.sql.fetch(
            "select id from bot.lessons where module_id = $1 order by position", self.module
        )
        self.ids = {number: row["id"] for number, row in enumerate(rows, 1)}
        for number in range(learners):
            self.members.append(self._member(number, days))
        self.other = self._second_worker()
        self.working = asyncio.create_task(self.other.worker.run())

    def _member(self, number: int, days: int) -> tuple[Pupil, Learner, Habits]:
        chance = random.Random(number)
        context = self.sandbox.telegram.context
        person = context.people.add({"first_name": f"Learner {number}", "language_code": "ru"})
        pupil = Pupil(
            self.http, self.app.settings.telegram_api_url, BOT, person.id, "ru", self.app.context.localizer
        )
        pupil.chat = context.chats.private(context.accounts.chosen(str(BOT)), person)
        learner = Learner(self.lessons, ZoneInfo(ZONES[number % len(ZONES)]), chance.randint(8, 21))
        joins = self.start + chance.random() * days / 3 * DAY
        habits = Habits(
            {"join": joins},
            chance.choice([HOUR * 12, 1 * DAY, 2 * DAY, 5 * DAY]),
            chance.choice([1, 3, 8, 8]),
            chance.sample(list(CODES), len(CODES)),
            chance,
        )
        for act, share in {"leave": 0.15, "move": 0.3, "hour": 0.2, "mute": 0.1, "probe": 0.5}.items():
            if chance.random() < share:
                habits.next[act] = joins + (1 + chance.random() * (days / 2)) * DAY
        return pupil, learner, habits

    def _second_worker(self) -> Application:
        made = Application(self.app.settings, self.dsn, timings=self.app.context.timings, clock=self.clock)
        made.context.username = self.app.context.username
        made.worker.clock_stands = self.app.worker.clock_stands  # one clock for both
        return made

    async def close(self) -> None:
        self.working.cancel()
        await asyncio.gather(self.working, return_exceptions=True)
        await self.other.close()

    async def cut_off(self) -> None:
        """The second worker, in the middle of sending; another one takes its place."""
        mark = self._mark
        with suppress(TimeoutError):
            async with asyncio.timeout(20):
                while self._mark == mark:  # noqa: ASYNC110 - the sandbox tells nobody
                    await asyncio.sleep(0.002)
        await self.close()
        self.counts["workers cut off"] += 1
        self.other = self._second_worker()
        self.working = asyncio.create_task(self.other.worker.run())

    @property
    def _mark(self) -> int:
        return self.sandbox.telegram.context.chats.mark

    async def jump(self, by: timedelta) -> None:
        """The machine's clock was wrong, or is now; the database's is not."""
        async with self.app.worker.clock_stands, self.app.database.transaction(Pool.JOBS) as session:
            self.clock.move(by // timedelta(seconds=1))
            await move_nearer(session, timedelta(0), self.clock.ahead)
        self.until += by
        self.jumps.append(self.clock.now())

    async def pass_time(self, *, cut_off: bool = False) -> None:
        """Six hours, and what was told in them is judged; then those whose time has come act."""
        cutting = asyncio.create_task(self.cut_off()) if cut_off else None
        self.until += STEP
        await self.mover.advance(self.until - self.clock.now())
        if cutting:
            await cutting
            await self.mover.advance(timedelta(seconds=1))
        for pupil, learner, _habits in self.members:
            for entry in list(pupil.chat.messages.values()):
                if entry.changed > self.seen and (told := as_told(entry.body, learner)):
                    self._judge(pupil, learner, told)
        self.seen = self._mark
        for member in self.members:
            await self._act(*member)

    def _judge(self, pupil: Pupil, learner: Learner, told: Told) -> None:
        self.counts[told.kind] += 1
        for fault in learner.judge(told):
            self.counts[fault] += 1
            self.faults.append(f"{fault}: {pupil.id} {told} {learner}")

    async def _act(self, pupil: Pupil, learner: Learner, habits: Habits) -> None:
        for act, at in list(habits.next.items()):
            if at <= self.clock.now() and (not learner.away or act == "leave"):
                del habits.next[act]
                learner.restless.append(self.clock.now())
                await getattr(self, f"_{act}")(pupil, learner, habits)

    async def _join(self, pupil: Pupil, learner: Learner, habits: Habits) -> None:
        await pupil.send("/start")
        await pupil.tap("register")
        await self._settle_in(pupil, learner)
        now = self.clock.now()
        habits.next |= {"learn": now, "redeem": now + habits.chance.random() * 3 * DAY}

    async def _settle_in(self, pupil: Pupil, learner: Learner) -> None:
        await pupil.tap(ChooseZone(at=CITIES.index(learner.zone.key)).pack())
        await pupil.tap(ChooseHour(hour=learner.hour).pack())

    async def _move(self, pupil: Pupil, learner: Learner, habits: Habits) -> None:
        learner.zone = ZoneInfo(habits.chance.choice(ZONES))
        await self._settle_in(pupil, learner)

    async def _hour(self, pupil: Pupil, learner: Learner, habits: Habits) -> None:
        learner.hour = habits.chance.randint(8, 21)
        await self._settle_in(pupil, learner)

    async def _redeem(self, pupil: Pupil, learner: Learner, habits: Habits) -> None:
        """Some renew before access ends, some after, and some never."""
        code = habits.codes.pop()
        await pupil.send(f"/promo {code}")
        learner.open_for(CODES[code], self.clock.now())
        if habits.codes and habits.chance.random() < 0.8:
            assert learner.end is not None
            habits.next["redeem"] = learner.end + habits.chance.uniform(-3, 6) * DAY

    async def _learn(self, pupil: Pupil, learner: Learner, habits: Habits) -> None:
        number = learner.following(self.clock.now())
        if number is not None:
            toast = await pupil.tap(FinishLesson(lesson=self.ids[number]).pack())
            self._check(toast.startswith("✅"), f"lesson {number} is open: {toast} {learner}")
            learner.done[number] = self.clock.now()
            self.counts["lessons done"] += 1
            if number == 2:
                habits.next["review"] = self.clock.now()
        if len(learner.done) < habits.stops_after:
            habits.next["learn"] = self.clock.now() + habits.pace

    async def _probe(self, pupil: Pupil, learner: Learner, habits: Habits) -> None:
        """Presses Done of a lesson that is locked."""
        now = self.clock.now()
        habits.next["probe"] = now + 15 * DAY
        locked = [one.number for one in self.lessons if learner.mark(one.number, now) == "🔒"]
        undone = [number for number in locked if number not in learner.done]
        if undone and pupil.chat.messages and learner.opened:
            toast = await pupil.tap(FinishLesson(lesson=self.ids[habits.chance.choice(undone)]).pack())
            self._check(not toast.startswith("✅"), f"{undone} are locked: {toast} {learner}")

    async def _review(self, pupil: Pupil, learner: Learner, habits: Habits) -> None:
        """Due again in three days; that of the last lesson's question, so that no lesson needs answers."""
        learner.cards = [self.clock.now() + 3 * DAY]
        await self.sql.execute(
            "insert into bot.cards (user_id, question_id, card, due, reviews)"
            " select a.user_id, q.id, '{}', $2, 1 from authidentities a, bot.questions q"
            " where a.providerkey = $1 and q.lesson_id = $3"
            " on conflict (user_id, question_id) do update set due = excluded.due",
            str(pupil.id), learner.cards[0], self.ids[len(self.lessons)],
        )  # fmt: skip
        habits.next["review"] = self.clock.now() + 15 * DAY

    async def _mute(self, pupil: Pupil, learner: Learner, habits: Habits) -> None:
        group = habits.chance.choice(["access", "lesson", "review", "idle"])
        await pupil.tap(MuteReminders(group=group).pack())
        learner.muted.add(group)

    async def _leave(self, pupil: Pupil, learner: Learner, habits: Habits) -> None:
        """Blocks the bot, or lets it write again."""
        learner.leave_or_return(self.clock.now())
        await pupil.block(learner.away)
        if learner.away:
            habits.next["leave"] = self.clock.now() + habits.chance.uniform(2, 15) * DAY
        else:
            await pupil.send("/start")

    async def look(self) -> None:
        """Everybody's list of lessons says what is open."""
        for pupil, learner, _habits in self.members:
            if learner.away or not learner.opened:
                continue
            await pupil.tap(ShowLessons(module=self.module).pack())
            keys = next(reversed(pupil.chat.messages.values())).body["reply_markup"]["inline_keyboard"]
            labels = [re.match(r"(\S+) (\d)\. ", row[0]["text"]) for row in keys]
            shown = {label[2]: label[1] for label in labels if label}
            true = {str(one.number): learner.mark(one.number, self.clock.now()) for one in self.lessons}
            self._check(shown == true, f"lessons: {shown} {true} {learner}")

    def _check(self, is_so: bool, told: str) -> None:
        if not is_so:
            self.counts["wrong"] += 1
            self.faults.append(told)


def as_told(message: dict[str, object], learner: Learner) -> Told | None:
    """None where it is no reminder."""
    if "mute:" not in str(message.get("reply_markup")):
        return None
    at, text = datetime.fromtimestamp(int(str(message["date"])), UTC), str(message["text"])
    if text[0] == "⏳":
        is_near = learner.end is not None and learner.end - at <= DAY
        return Told(at, "ends in 1 day" if is_near else "ends in 3 days", text)
    return Told(at, KINDS[text[0]], text)
