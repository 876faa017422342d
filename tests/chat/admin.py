"""What admins' commands change in the database, and a text that must never be taken for markup."""

MARKUP = "<b>x</b>\" & '); drop table users; -- 🙂"
ADMIN_ROWS = """
select (select count(*) from adminaccesshistory), (select count(*) from usermoduleaccess),
       (select count(*) from promocodes), (select count(*) from bot.offers)
"""
