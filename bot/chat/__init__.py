"""What a conversation in the chat is made of: commands, buttons, keyboards, replies, arguments, markup."""

from babel.support import LazyProxy

Text = str | LazyProxy  # a text, or one of the constants of `bot.texts`, translated when it is sent
