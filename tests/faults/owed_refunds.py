"""Steps of the proof of days owed: refunds asked for, answered, and made in the dashboard."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    multiple,
    precondition,
    rule,
)
from sqlalchemy.ext.asyncio import AsyncSession

from db.errors import Refused
from db.payments import purchases
from db.refunds import booking, requests
from db.refunds.booking import ReturnedMoney
from tests.faults.owed import Return, Sale
from tests.faults.owed_steps import Steps, links, numbers, others, parts, payment_id, returns, sheets


class Refunds(Steps):
    @rule(target=returns, sale=st.one_of(links, sheets, others), part=parts)
    def refund_confirmed(self, sale: Sale, part: int) -> Any:
        amount = max(1, sale.amount * part // 100)
        partial_stars = sale.method == "stars" and amount != sale.amount
        if sale.status == "succeeded" and amount <= sale.left and not partial_stars:
            return self.confirm(sale, amount)
        with pytest.raises(Refused):
            self._draft(sale, amount)
        return multiple()

    @precondition(lambda self: self._returnable())
    @rule(
        target=returns,
        data=st.data(),
        part=parts,
        end=st.sampled_from((True, False, None)),
        twice=st.booleans(),
    )
    def refunded(self, data: st.DataObject, part: int, end: bool | None, twice: bool) -> Return:
        """Few of the sales that are drawn at random are paid, and few refunds would be ended. None: not yet."""
        sale = data.draw(st.sampled_from(self._returnable()))
        refund = self.confirm(sale, sale.left if sale.method == "stars" else max(1, sale.left * part // 100))
        if end is not None:
            self.refund_ended(refund, end, twice)
        return refund

    def _returnable(self) -> list[Sale]:
        return [sale for sale in self.known if sale.status == "succeeded" and sale.left]

    def _draft(self, sale: Sale, amount: int) -> requests.RefundPlan:
        self.step("refund asked")
        key = f"refund-{next(numbers)}"
        return self.do(lambda session: requests.create_draft(session, sale.id, amount, 1, key, self.now))

    def confirm(self, sale: Sale, amount: int) -> Return:
        plan = self._draft(sale, amount)
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
                self.refunded_after_a_merge(refund.sale)
                self.owed.given_back(refund.sale, refund.id, refund.amount, self.now)

    def refunded_after_a_merge(self, sale: Sale) -> None:
        if sale.share is not None:
            self.step("refund after a merge")

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

    @precondition(lambda self: self._returnable())
    @rule(data=st.data(), part=parts, twice=st.booleans())
    def refunded_in_the_dashboard(self, data: st.DataObject, part: int, twice: bool) -> None:
        sale = data.draw(st.sampled_from(self._returnable()))
        self.returned(sale, part, twice=twice)

    def returned(self, sale: Sale, part: int, *, twice: bool) -> None:
        """Without asking us."""
        amount = sale.left if sale.method == "stars" else max(1, sale.left * part // 100)
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
        self.refunded_after_a_merge(sale)
        self.owed.given_back(sale, done[0].refund.id, amount, self.now)  # type: ignore[union-attr]
