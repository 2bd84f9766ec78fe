import re
import zlib

import pytest

from downloads.tokens import (
    BASE_62,
    has_checksum,
    hash_token,
    make_token,
    may_be_whole,
    with_checksum,
)


def test_a_token_is_256_bits_fit_for_a_url():
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", make_token())


def test_tokens_differ():
    assert len({make_token() for _ in range(100)}) == 100


def test_a_hash_is_sha256_in_lower_case_hex():
    assert hash_token("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_token_of_broken_text_is_hashed_like_any_other():
    assert hash_token("\ud800") != hash_token("\ud801")
    assert re.fullmatch("[0-9a-f]{64}", hash_token("\ud800"))


@pytest.mark.parametrize("text", ["", "a", "sk_abc", "ключ", "\ud800", "x" * 1000])
def test_a_checksum_is_the_texts_crc_32_in_six_letters(text):
    whole = with_checksum(text)
    tail = whole.removeprefix(text)
    number = 0
    for letter in tail:
        number = number * 62 + BASE_62.index(letter)
    assert (len(tail), number) == (6, zlib.crc32(text.encode(errors="surrogatepass")))


def test_the_letters_are_62_and_none_is_there_twice():
    assert (len(BASE_62), len(set(BASE_62)), BASE_62.isalnum()) == (62, 62, True)


def test_a_text_with_its_checksum_is_whole():
    assert has_checksum(with_checksum("sk_" + make_token()))


@pytest.mark.parametrize("text", ["", "a", "000000", "sk_", "sk_000000", "x" * 5])
def test_a_text_without_one_is_not(text):
    assert not has_checksum(text)


def test_a_checksum_alone_is_of_nothing():
    assert not has_checksum(with_checksum(""))


@pytest.mark.parametrize("make", [make_token, lambda: with_checksum(make_token())])
def test_a_secret_may_be_whole_with_its_checksum_or_older_than_them(make):
    assert may_be_whole(make())


@pytest.mark.parametrize("text", ["", "x" * 42, "x" * 44, "x" * 48, "x" * 49, "x" * 50])
def test_no_other_text_may_be_a_secret(text):
    assert not may_be_whole(text)
