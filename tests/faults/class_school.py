"""The school of the simulated class: one course, whose lessons wait for each other, for days, and for a moment."""

from datetime import datetime

from tests.faults.class_truth import DAY, Lesson

ZONES = [
    "Asia/Katmandu", "Europe/Berlin", "America/Los_Angeles", "Australia/Sydney", "Europe/Moscow", "Asia/Vladivostok",
    "Australia/Lord_Howe", "Pacific/Chatham", "America/St_Johns", "Pacific/Kiritimati", "Pacific/Pago_Pago",
    "America/Santiago", "Asia/Jerusalem", "Europe/London",
]  # fmt: skip
CODES = {"WEEK": 7, "TEN": 10, "FORTNIGHT": 14, "MONTH": 30, "AGAIN": 21}


def make_lessons(start: datetime) -> list[Lesson]:
    return [
        Lesson(1, free=True),
        Lesson(2),
        Lesson(3, days=2),
        Lesson(4, days=6),
        Lesson(5, days=6),
        Lesson(6, at=start + 18 * DAY),
        Lesson(7, days=20),
        Lesson(8, at=start + 500 * DAY),
    ]


def catalogue(lessons: list[Lesson]) -> str:
    question = '{key = "q", text = "Is it?", options = ["Yes", "No"], answer = 1}'
    lines = [
        f'{{key = "l{one.number}", title = "Lesson {one.number}", text = "Read.", preview = {str(one.free).lower()}'
        + (f", unlock_days = {one.days}" if one.days else "")
        + (f", unlock_at = {one.at.isoformat()}" if one.at else "")
        + (f", questions = [{question}]" if one is lessons[-1] else "")
        + "}"
        for one in lessons
    ]
    codes = [
        f'{{code = "{code}", product = "p", days = {days}, max_uses = 10000}}' for code, days in CODES.items()
    ]
    return (
        f'promocodes = [{", ".join(codes)}]\nproducts = [{{key = "p", module = "m", name = "P"}}]\n'
        f'modules = [{{key = "m", name = "Course", unlock_in_order = true, lessons = [{", ".join(lines)}]}}]\n'
    )
