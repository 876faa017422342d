"""What somebody saw, picture by picture, and the README's animated picture made of it."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from playwright.async_api import Page

PICTURES = Path(__file__).parent / "screenshots"
NO_NOTES = "document.querySelectorAll(':popover-open').forEach((notes) => notes.hidePopover())"


class Film:
    """`name` begins the names of its pictures."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._frames: list[tuple[bytes, int]] = []

    async def shoot(self, page: Page, name: str, milliseconds: int = 1800) -> None:
        """Without the notes over the chat, which would hang on from what was done before."""
        await page.evaluate(NO_NOTES)
        picture = await page.screenshot(path=PICTURES / f"{self._name}-{name}.png", caret="hide")
        self._frames.append((picture, milliseconds))

    def save(self) -> None:
        """Into the folder that SCREENSHOTS names, if it does."""
        if folder := os.environ.get("SCREENSHOTS"):
            first, *others = (Image.open(BytesIO(picture)).convert("RGB") for picture, _ in self._frames)
            path, durations = Path(folder) / f"{self._name}.webp", [pause for _, pause in self._frames]
            first.save(path, save_all=True, append_images=others, duration=durations, quality=70, method=6)
