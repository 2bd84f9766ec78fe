"""Attaching files: fields of limit and days, rules, many products at once, a file's page."""
