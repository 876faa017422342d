"""Our own pages: where the payer's browser returns to, where news by mail are turned off, and where a certificate is
checked."""

from html import escape

from bot.texts import _, language
from bot.texts import certificates as words
from db.certificates import Certificate, Void


def paid(link: str) -> str:
    about = _("As soon as the payment service confirms the payment, access opens and the bot tells you.")
    back = _("Back to the chat")
    return _page(_("Thank you!"), about, f'<a href="{escape(link)}">{back}</a>')


def ask_unsubscribe() -> str:
    """The button sends the page's own address."""
    about = _("News of your payments and courses would then come in Telegram only.")
    button = _("No more letters")
    return _page(_("No more news by mail?"), about, f'<form method="post"><button>{button}</button></form>')


def unsubscribed() -> str:
    return _page(_("Done"), _("No more news come by mail. They can be turned on again in the bot: /profile."))


def certificate(found: Certificate | Void | None) -> str:
    """None: there never was such a number."""
    title = _("Certificate")
    if found is None:
        return _page(title, f"❔ {words.UNKNOWN}")
    if isinstance(found, Void):
        return _page(title, f"⛔ {words.VOID}")
    facts = "".join(f"<dt>{label}</dt><dd dir=auto>{escape(said)}</dd>" for label, said in words.facts(found))
    return _page(title, f"✅ {words.VALID}", f"<dl>{facts}</dl>")


def _page(title: str, about: str, action: str = "") -> str:
    return f"""<!doctype html>
<html lang="{language()}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem;text-align:center}}
a,button{{display:inline-block;margin-top:1rem;padding:.8rem 1.4rem;border:0;border-radius:.7rem;background:#2a7fc1;
color:#fff;font:inherit;text-decoration:none}}
dt{{margin-top:1rem;opacity:.7}}dd{{margin:0;font-weight:600;overflow-wrap:anywhere}}</style></head>
<body><h1>{title}</h1><p>{about}</p>{action}</body></html>"""
