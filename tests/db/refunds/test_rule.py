"""How many days go with the money."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.refunds.days import PurchaseBalance, days_until
from db.timestamps import FOR_EVER
from tests.db.refunds.school import DAY, NOW


class TestRule:
    """The arithmetic alone."""

    @given(st.data())
    def test_never_more_than_the_rule_nor_the_days_left(self, data: st.DataObject) -> None:
        """Refunds at any moments, with access of other causes before and after the purchase's own days."""
        amount = data.draw(st.integers(1, 10**6), "amount")
        days = data.draw(st.integers(1, 400), "days")
        own_end = NOW + data.draw(st.integers(0, 50), "open before") * DAY + days * DAY
        others = data.draw(st.integers(0, 100), "open after") * DAY
        refunded = taken = 0
        now = NOW
        for part in data.draw(st.lists(st.integers(1, amount), max_size=6), "parts"):
            now += timedelta(hours=data.draw(st.integers(0, 24 * 60), "pause"))
            refunded = min(amount, refunded + part)
            end = own_end + others - taken * DAY
            stands = PurchaseBalance(days, amount, refunded, 0, days, taken, own_end, end, False)
            more = stands.to_take(refunded, now)
            assert more >= 0
            taken += more
            assert taken <= days * refunded // amount
            if more:
                assert now + (more - 1) * DAY < own_end - (taken - more) * DAY
                assert now + (more - 1) * DAY < end

    @given(st.integers(1, 400), st.lists(st.integers(1, 10**5), min_size=1, max_size=12))
    def test_parts_sum_to_exactly_what_one_refund_takes(self, days: int, parts: list[int]) -> None:
        amount = sum(parts)
        refunded = taken = 0
        for part in parts:
            refunded += part
            end = NOW + (days - taken) * DAY
            stands = PurchaseBalance(days, amount, refunded, 0, days, taken, NOW + days * DAY, end, False)
            taken += stands.to_take(refunded, NOW)
            assert taken == days * refunded // amount
        assert taken == days

    @pytest.mark.parametrize(
        ("passed", "left"), [(0, 2), (1, 2), (24 * 3600, 1), (2 * 24 * 3600 - 1, 1), (2 * 24 * 3600, 0)]
    )
    def test_a_day_begun_is_unused_until_it_is_over(self, passed: int, left: int) -> None:
        assert days_until(NOW + 2 * DAY, NOW + timedelta(seconds=passed)) == left

    def test_what_was_back_before_settling_was_never_given(self) -> None:
        stands = PurchaseBalance(30, 300, 100, 0, 20, 0, NOW + 20 * DAY, NOW + 20 * DAY, False)
        assert (stands.to_take(100, NOW), stands.to_take(200, NOW), stands.to_take(300, NOW)) == (0, 10, 20)

    def test_endless_access_bounds_nothing(self) -> None:
        stands = PurchaseBalance(30, 300, 0, 0, 30, 0, FOR_EVER, None, True)
        assert stands.to_take(300, NOW) == 30

    def test_before_any_days_were_given_there_is_nothing_to_take(self) -> None:
        stands = PurchaseBalance(30, 300, 0, 0, 0, 0, None, NOW + 30 * DAY, False)
        assert stands.to_take(300, NOW) == 0

    def test_of_what_was_not_lived_through_at_a_merge_only_the_rest_is_left(self) -> None:
        stands = PurchaseBalance(30, 300, 150, 0, 30, 15, NOW + 70 * DAY, NOW + 55 * DAY, False, lived=10)
        assert stands.to_take(300, NOW) == 5

    def test_without_access_there_is_nothing_to_take(self) -> None:
        stands = PurchaseBalance(30, 300, 0, 0, 30, 0, NOW + 30 * DAY, None, False)
        assert stands.to_take(300, NOW) == 0
