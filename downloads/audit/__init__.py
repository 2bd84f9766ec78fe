"""The audit trail: who acts, what is entered, and how it is exported."""
