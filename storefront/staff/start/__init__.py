"""The admin's start page: how business is, what needs its reader, and what comes first."""
