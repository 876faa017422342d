"""Days given equal days owed, after every step: PostgreSQL against the model in tests/faults/owed.py."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db import audit, promo
from db.access import grants
from db.accounts import registration
from db.engine import Database, Pool
from db.errors import AlreadyUndone, PromoUsedByYou, PromoUsedUp, Refused
from db.payments import attempts, parked, purchases
from db.payments.methods import PaymentMethod
from db.payments.settling import Outcome, PaymentSnapshot, settle
from db.payments.telegram import TelegramCharge, settle_assigned_charge, settle_charge
from db.refunds import booking, requests
from db.refunds.booking import ReturnedMoney
from db.shop import courses
from tests.app import SMALL
from tests.faults.owed import Code, Gift, Owed, Return, Sale

T = TypeVar("T")
STEPS = 2000  # at least so many must have been taken
BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
LINK = timedelta(hours=1)
SHOP = "100500"
SCHOOL = """
insert into modules (name, interval_count) values ('Python', 10), ('English', 5);
insert into products (name, module_id) select 'Python', min(id) from modules;
insert into products (name, module_id) select 'Python, short', min(id) from modules;
insert into products (name, module_id) select 'English', max(id) from modules;
insert into bot.offers (product_id, days, price, currency)
    select product_id, 30, 99000, 'RUB' from products where name = 'Python'
    union all select product_id, 7, 33331, 'RUB' from products where name = 'Python, short'
    union all select product_id, 10, 77, 'XTR' from products where name = 'Python'
    union all select product_id, 90, 500, 'XTR' from products where name = 'English';
"""
numbers = itertools.count(1)


@dataclass
class Town:
    """The database of all examples; `taken` counts the steps of each kind."""

    database: Database
    run: Callable[[Awaitable[Any]], Any]
    offers: list[courses.OfferDetails]
    taken: Counter[str] = field(default_factory=Counter)


KINDS = {
    "time", "grant", "undo", "code", "promo", "promo at once", "link", "sheet", "answer", "success",
    "success twice at once", "lie", "cancel", "charge", "charge repeated", "parked", "refund asked",
    "refund succeeded", "refund failed", "refund by hand",
}  # fmt: skip
# The same examples in every run; the time a step takes is no fault.
EXAMPLES = settings(
    max_examples=100,
    stateful_step_count=50,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


def payment_id() -> str:
    """Of YooKassa's form."""
    return str(UUID(int=next(numbers)))


people = st.sampled_from((0, 1))
parts = st.integers(1, 100)  # percent
counted = st.integers(-40, 40).filter(bool)


class DaysOwed(RuleBasedStateMachine):
    """Each rule is what one handler or job does in its transaction; a refusal must change nothing."""

    town: Town
    links: Bundle[Sale] = Bundle("links")
    sheets: Bundle[Sale] = Bundle("sheets")  # paid inside Telegram: invoices, and Stars
    others: Bundle[Sale] = Bundle("others")  # second charges, and money an admin has assigned
    gifts: Bundle[Gift] = Bundle("gifts")
    codes: Bundle[Code] = Bundle("codes")
    returns: Bundle[Return] = Bundle("returns")

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGAN
        self.owed = Owed()
        self.known: list[Sale] = []
        self.telegram = [10**10 + next(numbers) for _ in range(2)]
        self.accounts = [self.do(self._register(telegram)) for telegram in self.telegram]

    @initialize(target=links)
    def wants_links(self) -> Any:
        return multiple(self._order(0, 0, PaymentMethod.LINK), self._order(0, 1, PaymentMethod.LINK))

    @initialize(target=sheets)
    def wants_sheets(self) -> Any:
        return multiple(self._order(0, 1, PaymentMethod.INVOICE), self._order(1, 2, PaymentMethod.STARS))

    # --- how ---

    def _register(self, telegram: int) -> Callable[[AsyncSession], Awaitable[int]]:
        return lambda session: registration.create_account(
            session, telegram, name="L", email=f"{telegram}@example.com", phone=None, now=self.now,
            keep=timedelta(days=365),
        )  # fmt: skip

    def do(self, act: Callable[[AsyncSession], Awaitable[T]]) -> T:
        found: T = self.town.run(self._transaction(act))
        return found

    async def _transaction(self, act: Callable[[AsyncSession], Awaitable[T]]) -> T:
        async with self.town.database.transaction(Pool.JOBS) as session:
            return await act(session)

    def at_once(self, *acts: Callable[[AsyncSession], Awaitable[T]]) -> list[T | BaseException]:
        async def together() -> list[T | BaseException]:
            return await asyncio.gather(*(self._transaction(act) for act in acts), return_exceptions=True)

        found: list[T | BaseException] = self.town.run(together())
        return found

    def step(self, name: str) -> None:
        self.town.taken[name] += 1

    def seen(self, sale: Sale, **changed: Any) -> PaymentSnapshot:
        """The payment as the provider would show it."""
        told: dict[str, Any] = {
            "payment_id": sale.payment,
            "status": "succeeded",
            "paid": True,
            "amount": sale.amount,
            "currency": sale.currency,
            "key": sale.key if sale.method == "link" else None,
            "test": False,
            "recipient": SHOP,
            "refunded": 0,
            "at": self.now,
            "receipt": None,
            "cancellation": None,
        }
        return PaymentSnapshot(**(told | changed))

    # --- time, grants, promo codes ---

    @rule(hours=st.integers(1, 24 * 45))
    def time_passes(self, hours: int) -> None:
        self.step("time")
        self.now += timedelta(hours=hours, minutes=7)

    @rule(target=gifts, person=people, product=st.integers(0, 2), days=counted)
    def granted(self, person: int, product: int, days: int) -> Any:
        self.step("grant")
        offer = self.town.offers[(0, 1, 3)[product]]
        place = self.accounts[person], offer.module_id
        before = self.owed.ends.get(place)
        act = lambda session: grants.create_grant(  # noqa: E731
            session, self.accounts[1], place[0], offer.product_id, days, self.now
        )
        if days < 0 and before is None:
            with pytest.raises(Refused):
                self.do(act)
            return multiple()
        made = self.do(act)
        entry = self.row("select max(id) from adminaccesshistory where target_user_id = :user", user=place[0])
        after = self.owed.change(place, days, "grant", entry[0], self.now)
        return Gift(made.change.id, place, days, before, after)

    @rule(person=people, product=st.integers(0, 2), days=st.integers(1, 40))
    def granted_after_the_end_and_undone(self, person: int, product: int, days: int) -> None:
        """Nothing is left of it: access ends when it had ended before, not when it was granted."""
        place = self.accounts[person], self.town.offers[(0, 1, 3)[product]].module_id
        if (end := self.owed.ends.get(place)) is None:
            return
        self.now = max(self.now, end) + timedelta(hours=30)
        self.undone(self.granted(person, product, days))

    @rule(gift=gifts)
    def undone(self, gift: Gift) -> None:
        self.step("undo")
        act = lambda session: grants.undo_grant(session, self.accounts[0], gift.change, self.now)  # noqa: E731
        if gift.undone:
            with pytest.raises(AlreadyUndone):
                self.do(act)
            return
        self.do(act)
        self.owed.undo(gift)

    @rule(target=codes, product=st.integers(0, 2), days=st.integers(1, 60), most=st.integers(1, 2))
    def coded(self, product: int, days: int, most: int) -> Code:
        self.step("code")
        offer = self.town.offers[(0, 1, 3)[product]]
        name = f"Code{next(numbers)}"
        self.do(lambda session: promo.create_promo(session, name, offer.product_id, days, most))
        return Code(name, offer.product_id, offer.module_id, days, most)

    @rule(code=codes, person=people)
    def redeemed(self, code: Code, person: int) -> None:
        self.step("promo")
        user = self.accounts[person]
        act = lambda session: promo.redeem(session, user, f" {code.text.upper()} ", self.now)  # noqa: E731
        if user in code.used_by:
            with pytest.raises(PromoUsedByYou):
                self.do(act)
        elif len(code.used_by) == code.most:
            with pytest.raises(PromoUsedUp):
                self.do(act)
        else:
            self.do(act)
            self._used(code, user)

    @rule(code=codes)
    def redeemed_by_all_at_once(self, code: Code) -> None:
        """Each twice; whoever comes first, the uses are as many as there may be."""
        self.step("promo at once")
        users = self.accounts * 2
        left = code.most - len(code.used_by)
        ends = self.at_once(
            *(lambda session, user=user: promo.redeem(session, user, code.text, self.now) for user in users)
        )
        won = [user for user, end in zip(users, ends, strict=True) if isinstance(end, promo.RedeemedCode)]
        wanted = min(left, len(set(self.accounts) - code.used_by))
        assert len(won) == len(set(won)) == wanted, ends
        for user in won:
            self._used(code, user)

    def _used(self, code: Code, user: int) -> None:
        code.used_by.add(user)
        usage = self.row(
            "select u.id from promocodeusages u join promocodes c on c.id = u.code_id"
            " where u.user_id = :user and c.code = :code",
            user=user,
            code=code.text,
        )
        self.owed.change((user, code.module), code.days, "promo", usage[0], self.now)

    # --- purchases ---

    @rule(target=links, person=people, offer=st.integers(0, 1))
    def ordered_a_link(self, person: int, offer: int) -> Any:
        self.step("link")
        made = self._order(person, offer, PaymentMethod.LINK)
        return made if made else multiple()

    @rule(target=sheets, person=people, offer=st.integers(0, 3))
    def ordered_a_sheet(self, person: int, offer: int) -> Any:
        self.step("sheet")
        by_stars = self.town.offers[offer].currency == "XTR"
        made = self._order(person, offer, PaymentMethod.STARS if by_stars else PaymentMethod.INVOICE)
        return made if made else multiple()

    def _order(self, person: int, offer: int, method: PaymentMethod) -> Sale | None:
        """None where it can still be paid as ordered before: then it is the same purchase."""
        what = self.town.offers[offer]
        key = f"key-{next(numbers)}"
        attempt, new = self.do(
            lambda session: attempts.open_attempt(
                session, self.accounts[person], self.telegram[person], what, method, key, None, self.now
            )
        )
        user = self.accounts[person]
        same = [
            one
            for one in self.known
            if (one.place[0], one.offer, one.method) == (user, what.id, method) and one.is_open(self.now)
        ]
        assert (not new) == bool(same)
        if same:
            assert attempt == same[0].attempt
            return None
        for one in self.known:
            if (one.place[0], one.offer, one.method) == (user, what.id, method):
                one.closed = True
        order = self.do(lambda session: attempts.get_attempt(session, attempt))
        assert order is not None
        return self._sold(
            Sale(
                order.purchase_id, attempt, (user, what.module_id), what.days, what.price, what.currency,
                method.value, key, what.id, payment_id(), self.telegram[person],
            )
        )  # fmt: skip

    def _sold(self, sale: Sale) -> Sale:
        self.known.append(sale)
        return sale

    @rule(sale=links)
    def answered(self, sale: Sale) -> None:
        """The provider's creating answer arrives; it may have been lost, and the payment made all the same."""
        self.step("answer")
        if sale.answered:
            return
        order = self.do(lambda session: attempts.get_attempt(session, sale.attempt))
        assert order is not None
        self.do(
            lambda session: attempts.record_answer(
                session, order, payment_id=sale.payment, link="https://pay.example/1",
                link_ends_at=self.now + LINK, test=False, recipient=SHOP, next_ask_at=self.now, now=self.now,
            )
        )  # fmt: skip
        sale.answered = True
        sale.open_until = self.now + LINK

    @rule(sale=links, returned=st.sampled_from((0, 0, 0, 40, 100)), twice=st.booleans())
    def called_back(self, sale: Sale, returned: int, twice: bool) -> None:
        """Late, early, repeated, two at once; some of the money may be back already."""
        self.step("success twice at once" if twice else "success")
        back = sale.amount * returned // 100
        seen = self.seen(sale, refunded=back)
        acts = [lambda session: settle(session, seen, self.now)] * (2 if twice else 1)
        ends = [end.outcome for end in self.at_once(*acts)]  # type: ignore[union-attr]
        credited = sale.status in ("pending", "canceled")
        assert ends.count(Outcome.SUCCEEDED) == credited, ends
        if credited:
            self.owed.paid(sale, self.now, back)

    @rule(sale=links, lie=st.sampled_from(("amount", "currency", "key", "test", "recipient", "unpaid")))
    def lied_to(self, sale: Sale, lie: str) -> None:
        """What was fetched does not agree with what was asked for, or was not paid."""
        if lie in ("test", "recipient") and not sale.answered:
            return
        self.step("lie")
        lies: dict[str, Any] = {
            "amount": sale.amount - 1,
            "currency": "USD",
            "key": "somebody else's",
            "test": True,
            "recipient": "999",
        }
        told = {"paid": False} if lie == "unpaid" else {lie: lies[lie]}
        settled = self.do(lambda session: settle(session, self.seen(sale, **told), self.now))
        assert settled.outcome not in (Outcome.SUCCEEDED, Outcome.CANCELED)

    @rule(sale=links)
    def canceled(self, sale: Sale) -> None:
        self.step("cancel")
        self.do(lambda session: settle(session, self.seen(sale, status="canceled", paid=False), self.now))
        if sale.status == "pending":
            sale.status, sale.closed = "canceled", True

    @rule(target=others, sale=sheets, times=st.integers(1, 3))
    def charged(self, sale: Sale, times: int) -> Any:
        """Telegram tells of a charge, perhaps several times at once; one more charge is one more purchase."""
        self.step("charge")
        first = sale.status == "pending"
        charge = self._charge(sale, sale.payment if first else payment_id())
        ends = self.at_once(*[lambda session: settle_charge(session, charge, self.now)] * times)
        outcomes = [end.outcome for end in ends]  # type: ignore[union-attr]
        told = Outcome.CREDITED if first else Outcome.SECOND
        assert sorted(outcomes) == sorted([told] + [Outcome.REPEATED] * (times - 1)), ends
        if first:
            self.owed.paid(sale, self.now)
            return multiple()
        return self._second(sale, charge)

    def _charge(self, sale: Sale, payment: str, **changed: Any) -> TelegramCharge:
        told: dict[str, Any] = {
            "payload": sale.key,
            "amount": sale.amount,
            "currency": sale.currency,
            "telegram_id": sale.telegram,
            "charge_id": payment,
            "provider_charge_id": payment,
            "at": self.now,
        }
        return TelegramCharge(**(told | changed))

    def _second(self, first: Sale, charge: TelegramCharge) -> Sale:
        row = self.row(
            "select p.id, a.id from purchases p join bot.payment_attempts a on a.purchase_id = p.id"
            " where p.provider_payment_id = :payment",
            payment=charge.payment_id,
        )
        sale = Sale(
            row[0], row[1], first.place, first.days, first.amount, first.currency, first.method,
            f"second:{charge.charge_id}", first.offer, charge.payment_id, first.telegram,
        )  # fmt: skip
        self.owed.paid(sale, self.now)
        return self._sold(sale)

    @rule(sale=sheets)
    def told_again(self, sale: Sale) -> None:
        """The charge that paid it comes once more; for an invoice, the provider's callback about it too."""
        if sale.status not in ("succeeded", "refunded"):
            return
        self.step("charge repeated")
        again = self.do(lambda session: settle_charge(session, self._charge(sale, sale.payment), self.now))
        assert again.outcome is Outcome.REPEATED
        if sale.method == "invoice":
            told = self.do(lambda session: settle(session, self.seen(sale), self.now))
            assert told.outcome is Outcome.NO_NEWS

    @rule(
        target=others,
        sale=sheets,
        wrong=st.sampled_from(("amount", "payload")),
        person=people,
        offer=st.integers(0, 3),
    )
    def parked_and_assigned(self, sale: Sale, wrong: str, person: int, offer: int) -> Any:
        """Money no purchase explains; an admin gives it to somebody for some offer of the same currency."""
        what = self.town.offers[offer]
        if (what.currency == "XTR") != (sale.currency == "XTR"):
            return multiple()
        self.step("parked")
        lie: dict[str, Any] = {"amount": sale.amount + 1} if wrong == "amount" else {"payload": "nobody's"}
        charge = self._charge(sale, payment_id(), **lie)
        assert self.do(lambda session: settle_charge(session, charge, self.now)).outcome is Outcome.PARKED
        assert self.do(lambda session: settle_charge(session, charge, self.now)).outcome is Outcome.REPEATED
        row = self.row(
            "select id from bot.parked_payments where payment_id = :payment", payment=charge.payment_id
        )
        key = f"key-{next(numbers)}"
        attempt = self.do(
            lambda session: parked.assign_parked(
                session, row[0], self.accounts[person], self.telegram[person], what, key, self.now
            )
        )
        order = self.do(lambda session: attempts.get_attempt(session, attempt))
        assert order is not None
        made = Sale(
            order.purchase_id, attempt, (self.accounts[person], what.module_id), what.days, charge.amount,
            charge.currency, sale.method, key, what.id, charge.payment_id, self.telegram[person], closed=True,
        )  # fmt: skip
        if sale.method == "stars":
            self.do(lambda session: settle_assigned_charge(session, attempt, self.now))
        else:
            self.do(lambda session: settle(session, self.seen(made), self.now))
        self.owed.paid(made, self.now)
        return self._sold(made)

    # --- refunds ---

    @rule(target=returns, sale=st.one_of(links, sheets, others), part=parts)
    def refund_confirmed(self, sale: Sale, part: int) -> Any:
        self.step("refund asked")
        amount = max(1, sale.amount * part // 100)
        partial_stars = sale.method == "stars" and amount != sale.amount
        key = f"refund-{next(numbers)}"
        draft = lambda session: requests.create_draft(session, sale.id, amount, 1, key, self.now)  # noqa: E731
        if sale.status != "succeeded" or amount > sale.left or partial_stars:
            with pytest.raises(Refused):
                self.do(draft)
            return multiple()
        plan = self.do(draft)
        self.do(lambda session: requests.record_request(session, plan.refund_id, '{"description": "ours"}'))
        self.do(lambda session: requests.record_confirmation(session, plan.refund_id, self.now))
        sale.reserved += amount
        return Return(plan.refund_id, sale, amount, payment_id())

    @rule(refund=returns, succeeds=st.booleans(), twice=st.booleans())
    def refund_ended(self, refund: Return, succeeds: bool, twice: bool) -> None:
        """The provider's answer; success may be told twice at once, and again when it is over."""
        self.step("refund succeeded" if succeeds else "refund failed")
        if not succeeds:
            news = self.do(
                lambda session: booking.close_refund(
                    session, refund.id, requests.RefundStatus.CANCELED, "no", self.now
                )
            )
            assert news != refund.over
        else:
            ends = self.at_once(*[lambda session: self._book_ours(session, refund)] * (2 if twice else 1))
            assert sum(end is not None for end in ends) == (not refund.over), ends
        if not refund.over:
            refund.over = True
            refund.sale.reserved -= refund.amount
            if succeeds:
                self.owed.given_back(refund.sale, refund.id, refund.amount, self.now)

    async def _book_ours(self, session: AsyncSession, refund: Return) -> Any:
        await requests.mark_sent(session, refund.id, self.now)
        purchase = await purchases.lock_purchase(session, refund.sale.id)
        assert purchase is not None
        task = await requests.get_task(session, refund.id)
        assert task is not None
        if task.status != requests.RefundStatus.PENDING:
            return None
        payment = refund.sale.payment if refund.sale.method == "stars" else refund.payment
        await booking.record_answer(session, task, payment, self.now)
        returned = ReturnedMoney(payment, refund.amount, refund.sale.currency, "ours")
        return await booking.book_refund(session, purchase, returned, self.now)

    @rule(sale=st.one_of(links, sheets, others), part=parts, twice=st.booleans())
    def refunded_in_the_dashboard(self, sale: Sale, part: int, twice: bool) -> None:
        amount = sale.amount if sale.method == "stars" else max(1, sale.amount * part // 100)
        if sale.status != "succeeded" or amount > sale.left:
            return
        self.step("refund by hand")
        payment = sale.payment if sale.method == "stars" else payment_id()

        async def book(session: AsyncSession) -> Any:
            purchase = await purchases.lock_purchase(session, sale.id)
            assert purchase is not None
            returned = ReturnedMoney(payment, amount, sale.currency, "by hand")
            return await booking.book_refund(session, purchase, returned, self.now)

        ends = self.at_once(*[book] * (2 if twice else 1))
        done = [end for end in ends if end is not None]
        assert len(done) == 1, ends
        self.owed.given_back(sale, done[0].refund.id, amount, self.now)  # type: ignore[union-attr]

    # --- what must hold ---

    def row(self, sql: str, **values: Any) -> Any:
        rows = self.rows(sql, **values)
        assert len(rows) == 1, (sql, rows)
        return rows[0]

    def rows(self, sql: str, **values: Any) -> list[Any]:
        async def read(session: AsyncSession) -> list[Any]:
            return [tuple(row) for row in await session.execute(text(sql), values)]

        return self.do(read)

    @invariant()
    def access_ends_when_it_is_owed(self) -> None:
        found = self.rows(
            "select user_id, module_id, ends_at from usermoduleaccess where user_id = any(:users)",
            users=self.accounts,
        )
        assert {(user, module): ends for user, module, ends in found} == self.owed.ends

    @invariant()
    def every_cause_gave_its_days_once(self) -> None:
        found = self.rows(
            "select source, source_id, days from bot.access_changes where user_id = any(:users)",
            users=self.accounts,
        )
        assert Counter(found) == self.owed.causes

    @invariant()
    def purchases_stand_as_they_should(self) -> None:
        found = self.rows("select id, status from purchases where user_id = any(:users)", users=self.accounts)
        assert dict(found) == {sale.id: sale.status for sale in self.known}

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        assert not any(self.do(audit.list_disagreements).values())


@pytest.fixture
async def town_dsn(dsn: str) -> str:
    connection = await asyncpg.connect(dsn)
    await connection.execute(SCHOOL)
    await connection.close()
    return dsn


@pytest.mark.proof
def test_days_given_are_days_owed(town_dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
    with asyncio.Runner() as runner:
        database = Database(town_dsn, sizes=SMALL)

        async def offers() -> list[courses.OfferDetails]:
            async with database.transaction(Pool.JOBS) as session:
                return [await courses.get_offer(session, number) for number in range(1, 5)]

        town = Town(database, lambda work: runner.run(_awaited(work)), runner.run(offers()))
        machine = type("Machine", (DaysOwed,), {"town": town})
        try:
            run_state_machine_as_test(machine, settings=EXAMPLES)
        finally:
            runner.run(database.close())
    with capsys.disabled():
        print(f"\n{town.taken.total()} steps: {dict(town.taken.most_common())}")
    assert town.taken.total() >= STEPS
    assert town.taken.keys() == KINDS


async def _awaited(work: Awaitable[T]) -> T:
    return await work
