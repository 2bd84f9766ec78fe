"""Environment variables of this process, and under them those of the file `.env`."""

from pathlib import Path

from config.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()
env.read_file(BASE_DIR / ".env")
