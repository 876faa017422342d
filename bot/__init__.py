"""What surrounds the handlers. aiogram injects a `bot` argument: write `from bot import x`, never `import bot`."""
