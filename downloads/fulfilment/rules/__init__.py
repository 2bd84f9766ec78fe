"""Attaching by rule: which rows of `Attachment` come of it, and the verbs that change rules."""
