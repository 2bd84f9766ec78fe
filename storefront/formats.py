"""Format values for people: file sizes."""

UNITS = ("B", "KB", "MB", "GB", "TB", "PB")


def size_text(size_bytes: int | None) -> str | None:
    """Format a size for people: 1000-based, no space, at most one decimal ("10MB", "1.5GB")."""
    if size_bytes is None:
        return None
    size = float(size_bytes)
    for unit in UNITS[:-1]:
        # Rounded first, so that 999,950 bytes read "1MB" and not "1000KB".
        if round(size, 1) < 1000:
            return f"{size:.1f}".removesuffix(".0") + unit
        size /= 1000
    return f"{size:.1f}".removesuffix(".0") + UNITS[-1]
