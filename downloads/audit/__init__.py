"""Audit trail: actors, entries, the signals that write them, and the export."""
