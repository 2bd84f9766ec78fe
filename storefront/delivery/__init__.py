"""Signed download URLs: views, ranges, streams and file senders."""
