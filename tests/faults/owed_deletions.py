"""Steps of the proof of days owed: a person deletes the account and comes again; what was open is paid later."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from db.deleting.deleting import DeletionKind, delete_account
from db.shop.courses import OfferDetails
from tests.faults.owed import Money, Sale
from tests.faults.owed_sales import Sales
from tests.faults.owed_steps import others, people


class Deletions(Sales):
    @precondition(lambda self: len(self.gone) < 2)  # so that others live long enough
    @rule(person=people)
    def deleted(self, person: int) -> None:
        """Its days stay as they are, but for refunds; its codes stay used by all its chats, whoever they are later."""
        self.step("deletion")
        user, telegram = self.accounts[person], self.telegram[person]
        done = self.do(lambda session: delete_account(session, user, telegram, DeletionKind.ERASED, self.now))
        chats = self.chats.pop(user)
        assert set(done.chats) == chats
        for sale in self.known:
            if sale.place[0] == user:
                sale.closed = True
                if sale.method != "link" and sale.status == "pending":
                    sale.status = "canceled"
        for code in self.codes:
            if user in code.used_by:
                code.spent_by |= chats
        self.gone.append(user)
        self.comes(person)

    @precondition(lambda self: self.late)
    @rule(target=others, data=st.data(), person=people)
    def late_success_assigned(self, data: st.DataObject, person: int) -> Sale:
        """What was paid for an account that is gone; an admin gives it to somebody."""
        money = data.draw(st.sampled_from(self.late))
        fitting = [
            offer for offer in self.town.offers if (offer.currency == "XTR") == (money.currency == "XTR")
        ]
        return self._assign_late(money, person, data.draw(st.sampled_from(fitting)))

    @precondition(lambda self: len(self.gone) < 2)
    @rule(target=others, person=people)
    def deleted_and_paid_for(self, person: int) -> Sale:
        """By somebody who comes again, and gets what was paid for: these seldom follow each other by themselves."""
        sale = self.orders_for_stars(person)
        self.deleted(person)
        self.charged(sale, 1)
        return self._assign_late(self.late[-1], person, self.town.offers[2])

    def _assign_late(self, money: Money, person: int, what: OfferDetails) -> Sale:
        self.step("late success assigned")
        self.late.remove(money)
        return self.assign(money, person, what)
