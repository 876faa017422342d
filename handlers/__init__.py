"""Edges: an update, a button or an HTTP callback in, one operation, replies out.

The order in which routers are asked is the order of this tuple: payments first, what nobody knows last.
"""

from aiogram import Router

from handlers import (
    account,
    admin,
    alerts,
    doorstep,
    grants,
    info,
    lessons,
    payments,
    promo,
    refunds,
    shop,
    start,
    status,
)


def routers() -> tuple[Router, ...]:
    return (
        payments.router,
        start.router,
        info.router,
        shop.router,
        lessons.router,
        status.router,
        promo.router,
        account.router,
        admin.router,
        grants.router,
        refunds.router,
        promo.admin_router,
        shop.admin_router,
        alerts.router,
        doorstep.login_required,
        doorstep.fallback,
    )
