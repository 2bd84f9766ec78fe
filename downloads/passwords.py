"""How passwords are hashed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class SparingArgon2(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes and one lane: OWASP's first recommendation.

    Django's own default takes 100 MiB for each sign-in; 32 threads of strangers guessing would
    take all the memory a small machine has.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
