"""Merging: two accounts of one person become one, and two again where the owner undoes it."""
