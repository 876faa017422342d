"""Finding Debian's Chromium; tests of this folder skip with the reason where a part is missing."""

import importlib.util
import os
import shutil

import pytest

FLAGS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """CHROMIUM names another executable than the one on the PATH."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def require_browser() -> None:
    """For the head of a test module: skips all of it when no page can be opened here."""
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("playwright is not installed (pip install playwright)", allow_module_level=True)
    if chromium() is None:
        pytest.skip("no chromium: install it or set CHROMIUM to its path", allow_module_level=True)
