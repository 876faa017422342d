"""Which free texts are about money that was paid, and which are not."""

import pytest

from bot.chat.complaints import is_payment_complaint

COMPLAINTS = (
    "Где мой доступ? Я заплатил!!!",
    "я оплатила, а курс не открылся",
    "ОПЛАТИЛ ГДЕ УРОКИ",
    "Оплатили вчера, тишина",
    "деньги списали а доступа нет",
    "У меня списались деньги",
    "С карты сняли 990",
    "деньги ушли, ничего не открылось",
    "Заплатил дважды, верните деньги",
    "хочу возврат",
    "оплата прошла?",
    "Платёж прошёл, но уроков нет",
    "оплачено",
    "Купила курс, где уроки?",
    "нет доступа",
    "Доступ так и не пришёл",
    "почему урок не открывается, всё оплачено же",
    "перевела вам деньги вчера",
    "чек пришёл, а курса нет",
    "оплата",
    "I paid, where is it?",
    "I've already paid",
    "paid",
    "just paid but nothing happened",
    "You charged me twice",
    "my card was debited",
    "they took my money",
    "The payment went through and nothing opened",
    "where is my access???",
    "I want my money back",
    "refund please",
    "I bought the course, lessons didn’t open",
)
OTHERS = (
    "привет",
    "как дела?",
    "как оплатить?",
    "Сколько стоит курс?",
    "можно заплатить картой?",
    "хочу купить английский",
    "Курс платный?",
    "а бесплатные уроки есть?",
    "спасибо, всё понятно",
    "когда следующий урок",
    "не понимаю задание",
    "что такое переменная",
    "How do I pay?",
    "is it a paid course?",
    "how much is it",
    "thanks!",
    "can I pay by card?",
    "is there a free lesson",
    "I like this course",
    "SPRING",
    "anna@example.com",
    "🙂",
    "",
)


@pytest.mark.parametrize("text", COMPLAINTS)
def test_who_has_paid_is_heard(text: str) -> None:
    assert is_payment_complaint(text)


@pytest.mark.parametrize("text", OTHERS)
def test_other_texts_are_no_complaints(text: str) -> None:
    assert not is_payment_complaint(text)
