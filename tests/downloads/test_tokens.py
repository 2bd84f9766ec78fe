import re

from downloads.tokens import hash_token, make_token


def test_a_token_is_256_bits_fit_for_a_url():
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", make_token())


def test_tokens_differ():
    assert len({make_token() for _ in range(100)}) == 100


def test_a_hash_is_sha256_in_lower_case_hex():
    assert hash_token("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_token_of_broken_text_is_hashed_like_any_other():
    assert hash_token("\ud800") != hash_token("\ud801")
    assert re.fullmatch("[0-9a-f]{64}", hash_token("\ud800"))
