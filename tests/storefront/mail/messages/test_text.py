"""The words of our mails in each language: all there, all compiled, all with the same gaps.

A deployment has no gettext's programs, so what they compile is stored beside what it is from.
"""

import ast
import gettext
import re
import unicodedata
from functools import cache
from pathlib import Path
from string import Formatter

import polib
import pytest
from django.conf import settings
from django.utils import translation

from downloads.models.shops import LANGUAGES
from storefront.mail.messages.text import moment
from tests.factories import NOW

LOCALE = Path(settings.BASE_DIR) / "storefront" / "locale"
SOURCES = Path(settings.BASE_DIR) / "storefront" / "mail" / "messages"
TEMPLATES = Path(settings.BASE_DIR) / "templates" / "mail"
# English is what the code says.
TRANSLATED = sorted(code for code, _name in LANGUAGES if code != "en")
CALLS = {"_": 1, "gettext": 1, "ngettext": 2}
# Words that some languages have taken over from English, and what has no words.
TAKEN_OVER = {"{count} download", "{date}, {time}", "Downloads: {now}"}
ENDS = {".": ".。", ":": ":：。", ",": ",،:へ様!"}

# What is put into the admin's texts.
PERCENT_GAP = re.compile(r"%\(\w+\)[sd]")

# Which form a number takes, by the languages' own grammars.
FORMS = {
    "ar": {0: 0, 1: 1, 2: 2, 3: 3, 10: 3, 11: 4, 99: 4, 100: 5, 102: 5, 103: 3, 111: 4},
    "de": {0: 1, 1: 0, 2: 1, 21: 1},
    "es": {0: 1, 1: 0, 2: 1, 21: 1},
    "fr": {0: 0, 1: 0, 2: 1, 21: 1},
    "he": {0: 2, 1: 0, 2: 1, 3: 2, 10: 2, 20: 2},
    "it": {0: 1, 1: 0, 2: 1, 21: 1},
    "ja": {0: 0, 1: 0, 2: 0},
    "nl": {0: 1, 1: 0, 2: 1, 21: 1},
    "pl": {0: 2, 1: 0, 2: 1, 4: 1, 5: 2, 12: 2, 14: 2, 21: 2, 22: 1, 25: 2, 112: 2, 122: 1},
    "pt": {0: 1, 1: 0, 2: 1, 21: 1},
}
MOMENTS = {
    "ar": "1 مارس، 2026، 12:00 UTC",
    "de": "1. März 2026, 12:00 UTC",
    "en": "1 March 2026, 12:00 UTC",
    "es": "1 de marzo de 2026, 12:00 UTC",
    "fr": "1 mars 2026 à 12:00 UTC",
    "he": "1 במרץ 2026, 12:00 UTC",
    "it": "01 marzo 2026, 12:00 UTC",
    "ja": "2026年3月1日 12:00 UTC",
    "nl": "1 maart 2026, 12:00 UTC",
    "pl": "1 marca 2026, 12:00 UTC",
    "pt": "1 de março de 2026, 12:00 UTC",
}

each_language = pytest.mark.parametrize("language", TRANSLATED)


def words(language):
    return polib.pofile(str(LOCALE / language / "LC_MESSAGES" / "django.po"))


def compiled(language):
    return polib.mofile(str(LOCALE / language / "LC_MESSAGES" / "django.mo"))


def letters(language):
    """Return the entries that stand in mails; the others are of the admin."""
    return [each for each in words(language) if (each.msgid, each.msgid_plural) in asked_for()]


def said(entry):
    """Return all that stands for an entry: its one translation, or its forms in their order."""
    if not entry.msgid_plural:
        return (entry.msgstr,)
    forms = {int(number): form for number, form in entry.msgstr_plural.items()}
    return tuple(forms[number] for number in sorted(forms))


def table(catalogue):
    """Return what stands for each text; one whose meaning is named is another text."""
    return {
        (" as ".join(filter(None, (entry.msgid, entry.msgctxt))), entry.msgid_plural): said(entry)
        for entry in catalogue
    }


@cache
def asked_for():
    """Return what the letters ask to have translated: each text, with its plural or none."""
    found = set()
    for path in SOURCES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.func.id if isinstance(getattr(node, "func", None), ast.Name) else ""
            if name in CALLS:
                texts = [ast.literal_eval(given) for given in node.args[: CALLS[name]]]
                found.add((texts[0], texts[1] if len(texts) > 1 else ""))
    return found


def gaps(text):
    """Return the names of a text's gaps, sorted; a gap that is more than a name stays itself."""
    parts = Formatter().parse(text)
    return sorted(
        f"{name}!{conversion}:{how}" if conversion or how else name
        for _text, name, how, conversion in parts
        if name is not None
    )


def plural_of(catalogue):
    """Return how many forms a language has, and the function that chooses one."""
    written = catalogue.metadata["Plural-Forms"]
    count, formula = re.fullmatch(r"nplurals=(\d+); plural=(.+);", written).groups()
    return int(count), gettext.c2py(formula)


def test_there_is_a_catalogue_for_each_language_of_a_shop():
    assert sorted(path.name for path in LOCALE.iterdir()) == TRANSLATED


def test_django_reads_them_from_there():
    assert [Path(path) for path in settings.LOCALE_PATHS] == [LOCALE]
    assert {code for code, _name in LANGUAGES} <= {code for code, _name in settings.LANGUAGES}


@each_language
def test_what_is_compiled_is_what_is_written(language):
    source, result = words(language), compiled(language)
    assert table(result) == table(source)
    assert result.metadata["Plural-Forms"] == source.metadata["Plural-Forms"]
    assert result.metadata["Content-Type"] == "text/plain; charset=UTF-8"
    assert result.metadata["Language"] == source.metadata["Language"] == language


@each_language
def test_nothing_is_missing_and_nothing_is_left_over(language):
    catalogue = set(table(words(language)))
    assert asked_for() <= catalogue
    # What the admin says stands there too, and in each language the same of it.
    assert catalogue == set(table(words("de")))


def test_the_letters_ask_for_some():
    assert len(asked_for()) == 87
    assert ("{count} download", "{count} downloads") in asked_for()
    assert ("Hello,", "") in asked_for()


@each_language
def test_nothing_is_empty_fuzzy_or_given_up(language):
    catalogue = words(language)
    assert [entry.msgid for entry in catalogue if not all(map(str.strip, said(entry)))] == []
    assert [entry.msgid for entry in catalogue if entry.fuzzy or entry.obsolete] == []


@each_language
def test_nothing_is_left_in_english(language):
    same = {entry.msgid for entry in letters(language) if entry.msgid in said(entry)}
    assert same - TAKEN_OVER == set()


@each_language
def test_every_translation_has_the_gaps_of_its_original(language):
    catalogue = words(language)
    _count, form_of = plural_of(catalogue)
    numbers = [form_of(number) for number in range(2_000)]
    wrong = []
    for entry in letters(language):
        for form, text in enumerate(said(entry)):
            # Arabic has a word for two things: it says so without a figure.
            may_leave = entry.msgid_plural and numbers.count(form) == 1 and "{count}" not in text
            expected = gaps(entry.msgid)
            if gaps(text) != (sorted({*expected} - {"count"}) if may_leave else expected):
                wrong.append(text)
    assert wrong == []


@each_language
def test_every_text_of_the_admin_has_the_gaps_of_its_original(language):
    """A figure may be a word: a form that stands for one number alone has no gap for it."""
    wrong = []
    for entry in words(language):
        allowed = set(PERCENT_GAP.findall(entry.msgid)) | set(
            PERCENT_GAP.findall(entry.msgid_plural)
        )
        *few, most = said(entry)
        if set(PERCENT_GAP.findall(most)) != allowed:
            wrong.append(most)
        wrong += [text for text in few if not set(PERCENT_GAP.findall(text)) <= allowed]
    assert wrong == []


@each_language
def test_every_number_has_its_form(language):
    catalogue = words(language)
    count, form_of = plural_of(catalogue)
    assert {form_of(number) for number in range(2_000)} == set(range(count))
    assert {number: form_of(number) for number in FORMS[language]} == FORMS[language]
    plurals = [said(entry) for entry in catalogue if entry.msgid_plural]
    assert {len(forms) for forms in plurals} == {count}


@each_language
def test_django_finds_the_form_of_each_number(language):
    """Django has catalogues of its own, whose plurals are counted otherwise."""
    forms = table(words(language))["{count} download", "{count} downloads"]
    with translation.override(language):
        found = {
            number: translation.ngettext("{count} download", "{count} downloads", number)
            for number in FORMS[language]
        }
    assert found == {number: forms[form] for number, form in FORMS[language].items()}


@each_language
def test_every_translation_is_plain_text_of_one_line(language):
    texts = [text for entry in letters(language) for text in said(entry)]
    assert [text for text in texts if text != text.strip() or set('<>&\\\n\t"') & set(text)] == []
    # Marks of direction would do their work far from here: each gap is set apart instead.
    hidden = [text for text in texts if any(unicodedata.category(c) in {"Cc", "Cf"} for c in text)]
    assert hidden == []


@each_language
def test_every_translation_ends_as_its_original(language):
    wrong = [
        text
        for entry in letters(language)
        for text in said(entry)
        if text[-1] not in ENDS.get(entry.msgid[-1], text[-1])
    ]
    assert wrong == []


def test_every_language_writes_the_time_in_its_own_way():
    written = {}
    for language in MOMENTS:
        with translation.override(language):
            written[language] = moment(NOW)
    assert written == MOMENTS
    assert sorted(MOMENTS) == sorted(code for code, _name in LANGUAGES)


@pytest.mark.parametrize("around", ["en", "de", "ar"])
def test_english_stays_english_in_a_house_of_another_language(settings, around):
    settings.LANGUAGE_CODE = around
    with translation.override("en"):
        assert translation.gettext("Hello,") == "Hello,"
        assert translation.ngettext("{count} download", "{count} downloads", 1) == (
            "{count} download"
        )


def test_the_templates_have_no_words_of_their_own():
    for path in TEMPLATES.iterdir():
        shown = re.sub(r"{[{%].*?[%}]}|<[^>]*>", "", path.read_text(encoding="utf-8"))
        assert re.findall(r"\w+", shown) == []
    assert sorted(path.name for path in TEMPLATES.iterdir()) == ["letter.html", "letter.txt"]
