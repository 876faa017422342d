"""Whom the receipt goes to: asked once, before the first payment by link where receipts are on (54-FZ). The answer
(handlers/accounts/contacts.py) goes on with the payment.
"""

from bot.chat.conversation import ContactQuestion
from bot.chat.replies import Reply, say
from bot.context import Request
from bot.payments.receipts import receipt_customer, takes_phone
from bot.texts.accounts import contacts as words


async def ask_for_contact(request: Request, offer_id: int) -> Reply:
    """None where no receipt is sent, or it is known where to."""
    settings, person = request.context.settings, request.person
    if settings.yookassa_vat_code is None:
        return None
    if await receipt_customer(request.session, person.user_id, settings) is not None:
        return None
    await request.ask(ContactQuestion.receipt, offer=offer_id)
    return say(request.event, words.ask_for_receipt(takes_phone(settings)))
