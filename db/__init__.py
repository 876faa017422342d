"""The school's books: the tables, and one module per capability whose functions keep the rules."""
