"""The school's database: the tables, and one module per capability whose functions keep the rules."""
