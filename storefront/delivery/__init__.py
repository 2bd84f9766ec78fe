"""Signed download addresses: views, ranges, streams and file senders."""
