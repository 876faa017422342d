"""The bot's HTTP side: see tests/school.py for how the bot runs."""

from tests.school import (  # noqa: F401
    _logs,
    anna,
    ben,
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
