"""The one page of ours: where the payer's browser returns to."""

from html import escape

from bot.texts import _, language


def paid(link: str) -> str:
    title = _("Thank you!")
    about = _("As soon as the payment service confirms the payment, access opens and the bot tells you.")
    back = _("Back to the chat")
    return f"""<!doctype html>
<html lang="{language()}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem;text-align:center}}
a{{display:inline-block;margin-top:1rem;padding:.8rem 1.4rem;border-radius:.7rem;background:#2a7fc1;color:#fff;
text-decoration:none}}</style></head>
<body><h1>{title}</h1><p>{about}</p><a href="{escape(link)}">{back}</a></body></html>"""
