"""The bot in a chat: see tests/school.py for how it runs and tests/chat/person.py for who talks to it.

A test fails when an error was logged, unless it is marked `@pytest.mark.errors_expected("why")`.
"""

from tests.school import (  # noqa: F401
    _logs,
    anna,
    ben,
    errors,
    http,
    olga,
    sandbox,
    school,
    school_database,
    school_settings,
    school_template,
    sql,
    timings,
)
