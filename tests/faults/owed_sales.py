"""Steps of the proof of days owed: ordered, paid by link, by invoice or with Stars, lied about, parked."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    multiple,
    precondition,
    rule,
)

from db.payments import attempts, orders, parked
from db.payments.methods import PaymentMethod
from db.payments.settling import Outcome, settle
from db.payments.telegram import TelegramCharge, settle_assigned_charge, settle_charge
from db.shop.courses import OfferDetails
from tests.faults.owed import Money, Sale
from tests.faults.owed_steps import LINK, SHOP, Steps, links, numbers, others, payment_id, people, sheets


class Sales(Steps):
    @initialize(target=links)
    def wants_links(self) -> Any:
        return multiple(self._order(0, 0, PaymentMethod.LINK), self._order(0, 1, PaymentMethod.LINK))

    @initialize(target=sheets)
    def wants_sheets(self) -> Any:
        return multiple(self._order(0, 1, PaymentMethod.INVOICE), self._order(1, 2, PaymentMethod.STARS))

    def orders_for_stars(self, person: int) -> Sale:
        """Anew, or what is open."""
        offered = self.accounts[person], self.town.offers[2].id
        same = [one for one in self.known if (one.place[0], one.offer) == offered and not one.closed]
        made = self._order(person, 2, PaymentMethod.STARS)
        return made or same[0]

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
        opened = self.do(
            lambda session: orders.open_attempt(
                session, self.accounts[person], self.telegram[person], what, method, key, None, self.now
            )
        )
        attempt, new, user = opened.attempt_id, opened.new, self.accounts[person]
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
        self._close_beyond(user)
        order = self.do(lambda session: attempts.get_attempt(session, attempt))
        assert order is not None
        return self._sold(
            Sale(
                order.purchase_id, attempt, (user, what.module_id), what.days, what.price, what.currency,
                method.value, key, what.id, payment_id(), self.telegram[person],
            )
        )  # fmt: skip

    def _close_beyond(self, user: int) -> None:
        """A person has at most five open orders: the oldest is no longer offered. It is open until it is paid or
        found to have run out."""
        mine = [one for one in self.known if one.place[0] == user and not one.closed]
        for one in mine[: max(0, len(mine) - orders.MAX_OPEN + 1)]:
            one.closed = True

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
        if sale.place[0] in self.gone and sale.status in ("pending", "canceled"):
            self._paid_late(sale, back, ends)
            return
        credited = sale.status in ("pending", "canceled")
        assert ends.count(Outcome.SUCCEEDED) == credited, ends
        if credited:
            self.owed.paid(sale, self.now, back)

    def _paid_late(self, sale: Sale, back: int, ends: list[Outcome]) -> None:
        """For an account that is gone: parked once, but for what is back with its payer."""
        self.step("late success")
        sale.status = "canceled"
        parks = back < sale.amount and not sale.parked
        assert ends.count(Outcome.PARKED) == parks, ends
        assert Outcome.SUCCEEDED not in ends
        if parks:
            sale.parked = True
            self.late.append(Money(sale.payment, sale.amount, sale.currency, "invoice", back))

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
        first, gone = sale.status == "pending", sale.place[0] in self.gone
        charge = self._charge(sale, sale.payment if first else payment_id())
        ends = self.at_once(*[lambda session: settle_charge(session, charge, self.now)] * times)
        outcomes = [end.outcome for end in ends]  # type: ignore[union-attr]
        told = Outcome.PARKED if gone else Outcome.CREDITED if first else Outcome.SECOND
        assert sorted(outcomes) == sorted([told] + [Outcome.REPEATED] * (times - 1)), ends
        if gone:
            self.step("late success")
            self.late.append(Money(charge.payment_id, sale.amount, sale.currency, sale.method))
            return multiple()
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

    @precondition(lambda self: self._paid_by_sheets())
    @rule(data=st.data())
    def told_again(self, data: st.DataObject) -> None:
        """The charge that paid it comes once more; for an invoice, the provider's callback about it too."""
        sale = data.draw(st.sampled_from(self._paid_by_sheets()))
        self.step("charge repeated")
        again = self.do(lambda session: settle_charge(session, self._charge(sale, sale.payment), self.now))
        assert again.outcome is Outcome.REPEATED
        if sale.method == "invoice":
            told = self.do(lambda session: settle(session, self.seen(sale), self.now))
            assert told.outcome is Outcome.NO_NEWS

    def _paid_by_sheets(self) -> list[Sale]:
        return [one for one in self.known if one.method != "link" and one.status in ("succeeded", "refunded")]

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
        return self.assign(
            Money(charge.payment_id, charge.amount, charge.currency, sale.method), person, what
        )

    def assign(self, money: Money, person: int, what: OfferDetails) -> Sale:
        """Parked money, to somebody for an offer of its currency."""
        user, telegram = self.accounts[person], self.telegram[person]
        row = self.row(
            "select id from bot.parked_payments where payment_id = :payment", payment=money.payment
        )
        key = f"key-{next(numbers)}"
        attempt = self.do(
            lambda session: parked.assign_parked(session, row[0], user, telegram, what, key, self.now)
        )
        order = self.do(lambda session: attempts.get_attempt(session, attempt))
        assert order is not None
        made = Sale(
            order.purchase_id, attempt, (user, what.module_id), what.days, money.amount,
            money.currency, money.method, key, what.id, money.payment, telegram, closed=True,
        )  # fmt: skip
        if money.method == "stars":
            self.do(lambda session: settle_assigned_charge(session, attempt, self.now))
        else:
            seen = self.seen(made, refunded=money.back)
            assert self.do(lambda session: settle(session, seen, self.now)).outcome is Outcome.SUCCEEDED
        self.owed.paid(made, self.now, money.back)
        return self._sold(made)
