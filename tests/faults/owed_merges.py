"""Steps of the proof of days owed: a person's account is merged into the other one's, and perhaps separated again."""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from sqlalchemy import text

from db.merging.merging import MergeResult, merge
from db.merging.undoing import undo_merge
from db.timestamps import FOR_EVER
from tests.faults.owed import DAY, Gift, Sale, Use, begun
from tests.faults.owed_steps import Steps, numbers, people

ZERO = timedelta()
moments = st.one_of(st.none(), st.integers(-5, 40))  # days from now; none is without end


class Merges(Steps):
    @initialize(person=people, days=moments)
    def began_at_the_site(self, person: int, days: int | None) -> None:
        self.from_the_site(person, days)

    @rule(person=people, days=moments)
    def from_the_site(self, person: int, days: int | None) -> None:
        """The other application gives access, without end perhaps, to a module that we sell nothing of."""
        [module] = self.row("select id from modules where name = 'Latin'")
        place = self.accounts[person], module
        if place in self.owed.ends:
            return
        self.step("from the site")
        end = FOR_EVER if days is None else self.now + days * DAY
        give = text(
            "insert into usermoduleaccess (user_id, module_id, ends_at) values (:user, :module, :end)"
        )
        self.do(lambda session: session.execute(give, {"user": place[0], "module": module, "end": end}))
        self.owed.ends[place] = end

    @rule(person=people, stays=st.sampled_from((True, True, True, False)))
    def merged(self, person: int, stays: bool) -> None:
        """One that is undone leaves everything as before, but for what was closed."""
        self.step("merge" if stays else "merge undone")
        source, target = self.accounts[person], self.accounts[1 - person]
        made = self.do(lambda session: merge(session, source, target, self.now))
        self._supersede(source, target)
        if stays:
            self._join(made, source, target)
            self._begin_anew(person, target)
        else:
            self._separate(made)

    def _join(self, made: MergeResult, source: int, target: int) -> None:
        modules = sorted(module for user, module in self.owed.ends if user == source)
        assert [access.module_id for access in made.access] == modules
        for module in modules:
            self._merge_module(source, target, module, self._changes(made)[module])
        placed: list[Sale | Gift] = [*self.known, *self.gifts]
        for one in placed:
            if one.place[0] == source:
                one.place = target, one.place[1]
        for code in self.codes:
            if uses := code.used_by.pop(source, []):
                code.used_by[target] = code.used_by.get(target, []) + uses

    def _begin_anew(self, person: int, target: int) -> None:
        """Whoever was merged, in another chat."""
        self.chats[target] |= self.chats.pop(self.accounts[person])
        self.telegram[person] = 10**10 + next(numbers)
        self.comes(person)

    def _separate(self, made: MergeResult) -> None:
        changes = self._changes(made)
        for access in made.access:
            change, moved = changes[access.module_id]
            days = self._count(access.into_end, access.after)
            self.owed.causes["merge", moved, days] += 1
            if access.into_end is not None:
                self.owed.causes["undo", change, -days] += 1
        self.do(lambda session: undo_merge(session, made.merge_id, self.now))

    def _changes(self, made: MergeResult) -> dict[int, tuple[int, int]]:
        """The change and its cause, by module."""
        found = self.rows(
            "select it.module_id, c.id, it.id from bot.merged_modules it"
            " join bot.access_changes c on c.source = 'merge' and c.source_id = it.id where it.merge_id = :merge",
            merge=made.merge_id,
        )
        return {module: (change, moved) for module, change, moved in found}

    def _supersede(self, source: int, target: int) -> None:
        """Of two open orders of one offer in one way the other account's stays."""
        theirs = {(one.offer, one.method) for one in self._open(target)}
        for one in self._open(source):
            if (one.offer, one.method) in theirs:
                one.closed = True
                if one.method == "link" and not one.answered and one.status == "pending":
                    one.status = "canceled"

    def _open(self, user: int) -> list[Sale]:
        return [one for one in self.known if one.place[0] == user and not one.closed]

    def _merge_module(self, source: int, target: int, module: int, cause: tuple[int, int]) -> None:
        ends = self.owed.ends
        before = ends.get((target, module))
        for code in self.codes:
            if code.module == module and {source, target} <= code.used_by.keys():
                self._count_once(code.used_by[source] + code.used_by[target], source, target, module)
        end, start = ends[source, module], ends.get((target, module))
        if FOR_EVER in (end, start):
            self.step("merge without end")
            del ends[source, module]
            ends[target, module] = FOR_EVER
            self.owed.causes["merge", cause[1], 0] += 1
            return
        left = max(ZERO, end - self.now)
        after = end if start is None else max(start, self.now) + left if left else start
        shift = max(ZERO, start - self.now) if start is not None and left else ZERO
        self._move_days(source, module, shift)
        del ends[source, module]
        ends[target, module] = after
        self.owed.causes["merge", cause[1], self._count(before, after)] += 1

    def _count_once(self, uses: list[Use], source: int, target: int, module: int) -> None:
        """The first use stays; what is left of each later one goes from the side it was on."""
        mine = {use.id for code in self.codes for use in code.used_by.get(source, [])}
        for use in sorted(uses, key=lambda use: (use.at, use.id))[1:]:
            place = (source if use.id in mine else target), module
            left = min(max(ZERO, use.until - self.now), use.share)
            self.owed.ends[place] -= min(left, max(ZERO, self.owed.ends[place] - self.now))
            use.share = ZERO

    def _move_days(self, source: int, module: int, shift: timedelta) -> None:
        place = source, module
        for code in self.codes:
            for use in code.used_by.get(source, []) if code.module == module else []:
                use.share = min(max(ZERO, use.until - self.now), use.share)
                use.until += shift if use.share else ZERO
        for gift in self.gifts:
            if gift.place == place:
                most = abs(gift.days * DAY if gift.share is None else gift.share)
                left = min(max(ZERO, gift.until - self.now), most)
                gift.share = left if gift.days > 0 else -left
                gift.until += shift if left else ZERO
        for sale in self.known:
            if sale.place == place and sale.own_end is not None:
                self._move_sale(sale, shift)

    def _move_sale(self, sale: Sale, shift: timedelta) -> None:
        assert sale.own_end is not None
        unused = min(self.owed.unused(sale, self.now), max(0, begun(self.owed.ends[sale.place], self.now)))
        most = sale.given * DAY if sale.share is None else sale.share
        if min(sale.own_end - self.now, most) > ZERO:
            sale.own_end += shift
        sale.lived = sale.given - sale.taken - unused
        sale.share = (sale.taken + unused) * DAY

    def _count(self, before: datetime | None, after: datetime) -> int:
        if FOR_EVER in (before, after) or after in (before, self.now) or after < self.now:
            return 0
        return (after - max(before or self.now, self.now)) // DAY
