"""A lesson's text as Telegram shows it: Markdown or Telegram's HTML, as a rich document or as classic messages."""
