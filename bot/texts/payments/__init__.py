"""Wording of payments: links, Telegram's invoices, and what became of a purchase."""
