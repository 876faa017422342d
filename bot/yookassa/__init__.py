"""The only place that knows YooKassa and its SDK."""
