"""Mails: written down with what they tell of, asked for, sent once, and answered."""
