"""`main.py demo` and `main.py sandbox`: the only place where the bot and the sandbox meet."""

from handlers.demo.commands import demo, demo_settings, sandbox
from handlers.demo.folder import FolderInUseError
from handlers.demo.school import SCHOOL, OtherLanguageError

__all__ = ["SCHOOL", "FolderInUseError", "OtherLanguageError", "demo", "demo_settings", "sandbox"]
