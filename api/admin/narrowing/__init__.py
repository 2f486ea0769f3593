"""Narrow lists of people: what is wanted of a list, and where looking for it begins."""
