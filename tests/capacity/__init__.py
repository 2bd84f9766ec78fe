"""How the admin holds on a million orders."""
