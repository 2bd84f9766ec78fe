"""System checks: refuse to start with settings that are unsafe."""
