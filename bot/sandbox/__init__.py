"""The outside world in one loopback server: a Telegram Bot API, a YooKassa, and a chat page for people."""
