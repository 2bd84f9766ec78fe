"""A shop's brand on pages and in mail: its logo, its style sheet, its words below."""
