from base64 import urlsafe_b64encode

import pytest

from downloads.encryption import is_key, reseal, seal, unseal
from downloads.errors import SealBroken

OLD, NEW, STRANGE = (urlsafe_b64encode(letter * 32).decode() for letter in (b"o", b"n", b"s"))
SECRET = "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"
BROKEN = "A stored secret cannot be opened with ENCRYPTION_KEYS."


@pytest.fixture(autouse=True)
def keys(settings):
    """Return a function that sets the keys; the first one seals."""

    def use(*keys: str) -> None:
        settings.ENCRYPTION_KEYS = list(keys)

    use(OLD)
    return use


@pytest.mark.parametrize("secret", [SECRET, "", "ключ 🔑", "a\0b", "x" * 10_000])
def test_a_sealed_secret_is_opened_again(secret):
    assert unseal(seal(secret)) == secret


def test_a_seal_shows_nothing_and_is_never_the_same_twice():
    first, second = seal(SECRET), seal(SECRET)
    assert SECRET not in first
    assert first != second


def test_a_new_key_in_front_still_opens_what_an_old_one_sealed(keys):
    sealed = seal(SECRET)
    keys(NEW, OLD)
    assert unseal(sealed) == SECRET


def test_the_first_key_seals(keys):
    keys(NEW, OLD)
    sealed = seal(SECRET)
    keys(NEW)
    assert unseal(sealed) == SECRET


def test_what_is_sealed_anew_needs_the_old_key_no_more(keys):
    sealed = seal(SECRET)
    keys(NEW, OLD)
    fresh = reseal(sealed)
    keys(NEW)
    assert unseal(fresh) == SECRET
    keys(OLD)
    with pytest.raises(SealBroken):
        unseal(fresh)


@pytest.mark.parametrize("opening", [unseal, reseal])
@pytest.mark.parametrize(
    "change", [str, lambda sealed: sealed[:-1], lambda sealed: "é", lambda _: ""]
)
def test_what_no_key_opens_is_named_without_a_word_of_it(keys, opening, change):
    sealed = change(seal(SECRET))
    keys(STRANGE, NEW)
    with pytest.raises(SealBroken) as refusal:
        opening(sealed)
    assert str(refusal.value) == BROKEN
    assert refusal.value.__suppress_context__


@pytest.mark.parametrize(
    ("text", "expected"),
    [(OLD, True), ("", False), ("x", False), (OLD[:-1], False), ("é" * 44, False)],
)
def test_a_key_is_known_by_its_look(text, expected):
    assert is_key(text) is expected
