"""Edges: an update, a button or an HTTP callback in, one operation, replies out.

The order in which routers are asked is the order of this tuple: payments first, what nobody knows last.
"""

from aiogram import Router

from handlers import (
    account,
    admin,
    admin_offers,
    admin_promos,
    alarms,
    courses,
    doorstep,
    grants,
    info,
    lessons,
    payments,
    progress,
    promo,
    purchases,
    refunds,
    start,
    status,
)


def routers() -> tuple[Router, ...]:
    return (
        payments.router,
        start.router,
        info.router,
        courses.router,
        lessons.router,
        status.router,
        progress.router,
        promo.router,
        purchases.router,
        account.router,
        admin.router,
        grants.router,
        refunds.router,
        admin_promos.router,
        admin_offers.router,
        alarms.router,
        doorstep.login_required,
        doorstep.fallback,
    )
