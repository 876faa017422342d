"""What a conversation in the chat is made of: commands, buttons, keyboards, replies, arguments, markup."""
