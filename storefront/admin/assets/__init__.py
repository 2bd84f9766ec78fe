"""Assets: list, upload form, and files of forms that were refused."""
