"""Shopify. Nothing outside this package knows its headers, topics or field names."""
