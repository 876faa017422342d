"""Rich messages (Bot API 10.1): HTML read into the blocks that a message carries, and the limits on them."""
