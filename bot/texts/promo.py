"""Wording of promo codes, for who redeems them."""

from bot.texts import __

ASK = __("Send me the promo code as a message. /cancel stops this.")
TEXT_PLEASE = __("A promo code is a word: please send it as text. /cancel stops this.")
