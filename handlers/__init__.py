"""Edges: an update, a button or an HTTP callback in, one operation, replies out.

The order in which routers are asked is the order of this tuple: payments first, what nobody knows last.
"""

from aiogram import Router

from handlers import courses, doorstep, promo, purchases, start


def routers() -> tuple[Router, ...]:
    return (
        start.router,
        courses.router,
        promo.router,
        purchases.router,
        doorstep.closed,
        doorstep.fallback,
    )
