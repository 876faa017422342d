"""The bot among failures: see tests/school.py for how it runs. Each test is named after its fault."""

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
