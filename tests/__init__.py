import bot  # noqa: F401 - first of all: before aiogram is imported
