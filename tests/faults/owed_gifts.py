"""Steps of the proof of days owed: time passes, admins grant and undo, codes are redeemed."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    multiple,
    rule,
)

from db import promo
from db.access import grants
from db.account_errors import AccountDeleted
from db.errors import AlreadyUndone, PromoUsedByYou, PromoUsedUp, Refused
from tests.faults.owed import DAY, Code, Gift, Use
from tests.faults.owed_steps import (
    Steps,
    codes,
    counted,
    gifts,
    numbers,
    people,
)


class Gifts(Steps):
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
        gift = Gift(made.change.id, place, days, before, after, max(before or after, after))
        self.gifts.append(gift)
        return gift

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
        if gift.undone or gift.place[0] in self.gone:
            with pytest.raises(AccountDeleted if gift.place[0] in self.gone else AlreadyUndone):
                self.do(act)
            return
        self.do(act)
        self.owed.undo(gift)

    @initialize(target=codes, product=st.integers(0, 2))
    def had_a_code(self, product: int) -> Any:
        return self.coded(product, 10, 2)

    @rule(target=codes, product=st.integers(0, 2), days=st.integers(1, 60), most=st.integers(1, 2))
    def coded(self, product: int, days: int, most: int) -> Code:
        self.step("code")
        offer = self.town.offers[(0, 1, 3)[product]]
        name = f"Code{next(numbers)}"
        self.do(lambda session: promo.create_promo(session, name, offer.product_id, days, most))
        self.codes.append(Code(name, offer.product_id, offer.module_id, days, most))
        return self.codes[-1]

    @rule(code=codes, person=people)
    def redeemed(self, code: Code, person: int) -> None:
        self.step("promo")
        user = self.accounts[person]
        act = lambda session: promo.redeem(session, user, f" {code.text.upper()} ", self.now)  # noqa: E731
        if self._has_used(code, user):
            with pytest.raises(PromoUsedByYou):
                self.do(act)
        elif not code.left:
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
        left = code.left
        ends = self.at_once(
            *(lambda session, user=user: promo.redeem(session, user, code.text, self.now) for user in users)
        )
        won = [user for user, end in zip(users, ends, strict=True) if isinstance(end, promo.RedeemedCode)]
        wanted = min(left, sum(not self._has_used(code, user) for user in self.accounts))
        assert len(won) == len(set(won)) == wanted, ends
        for user in won:
            self._used(code, user)

    def _has_used(self, code: Code, user: int) -> bool:
        return user in code.used_by or not code.spent_by.isdisjoint(self.chats[user])

    def _used(self, code: Code, user: int) -> None:
        usage = self.row(
            "select u.id from promocodeusages u join promocodes c on c.id = u.code_id"
            " where u.user_id = :user and c.code = :code",
            user=user,
            code=code.text,
        )
        until = self.owed.change((user, code.module), code.days, "promo", usage[0], self.now)
        code.used_by[user] = [Use(usage[0], self.now, until, code.days * DAY)]
