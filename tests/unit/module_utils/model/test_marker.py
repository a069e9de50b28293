# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The marker: what encode() wrote is read, and nothing else."""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ellipsis.drive.plugins.module_utils._model.marker import (
    DIGITS,
    Marker,
    Slot,
    complaint,
    encode,
    is_owner,
    length,
    new_nonce,
    normalise,
    parse,
)

MARKER = Marker(Slot("default", "tiles"), "abcde2", 1800000000, 2592000, "0a9zz")
OF_A_RUN = Slot("default", "tiles", run_only=True)
TEXT = "tiles [ed1:default:abcde2:tro8w0:1jk00:0a9zz]"
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=50)
DESCRIPTIONS = WORDS.map(normalise).filter(lambda text: complaint(text) is None)
MARKERS = st.builds(
    Marker,
    st.builds(Slot, st.text("abz09-", min_size=1, max_size=12), DESCRIPTIONS, st.booleans()),
    st.text("abcz234567", min_size=6, max_size=6),
    st.integers(1577836800, 36**6 - 1),
    st.integers(0, 36**6 - 1),
    st.text(DIGITS, min_size=5, max_size=5),
)


def test_form() -> None:
    assert encode(MARKER) == TEXT
    assert parse(TEXT) == MARKER
    assert encode(replace(MARKER, slot=OF_A_RUN)) == TEXT.replace("ed1", "edr")
    assert parse(TEXT.replace("ed1", "edr")) == replace(MARKER, slot=OF_A_RUN)


@pytest.mark.parametrize("number", [0, 1, 9, 10, 35, 36, 36**2 - 1, 36**6 - 1, 36**6, 36**7 - 1])
def test_numbers_are_as_short_as_can_be(number: int) -> None:
    for marker in (replace(MARKER, created=number), replace(MARKER, lifetime=number)):
        assert parse(encode(marker)) == marker
        assert parse(encode(marker).replace("tro8w0", "0tro8w0").replace("1jk00", "01jk00")) is None


@given(MARKERS)
def test_round_trip(marker: Marker) -> None:
    text = encode(marker)
    assert parse(text) == marker
    assert length(text) <= 98
    assert unicodedata.normalize("NFC", text) == text


@given(MARKERS, st.data())
def test_altered_by_one_character(marker: Marker, data: st.DataObject) -> None:
    """What is altered is not read as the same marker."""
    text = encode(marker)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(exclude_categories=["Cs"]).filter(lambda char: char != text[place]))
    assert parse(text[:place] + other + text[place + 1 :]) != marker
    assert parse(text[:place] + text[place + 1 :]) != marker
    assert parse(text[:place] + other + text[place:]) != marker


@pytest.mark.parametrize("text", ["a" * 50, "é" * 50, "😀" * 25, "한" * 50])
def test_the_longest(text: str) -> None:
    assert complaint(text) is None
    marker = Marker(Slot("a" * 12, text), "abcdef", 36**6 - 1, 100 * 365 * 86400, "zzzzz")
    assert length(encode(marker)) == 97
    assert parse(encode(marker)) == marker


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "",
        "tiles",
        TEXT + " ",
        " " + TEXT,
        TEXT + "\n",
        TEXT[:-1],
        TEXT[:-1] + ")",
        TEXT.replace("tiles ", "tiles"),
        TEXT.replace("tiles ", "tiles  "),
        TEXT.replace("tiles", ""),
        TEXT.replace("tiles", "ti\nles"),
        TEXT.replace("tiles", "e\u0301"),
        TEXT.replace("tiles", "\u212b"),
        TEXT.replace("tiles", "a" * 51),
        TEXT.replace("tiles", TEXT),
        TEXT.replace("ed1", "ed2"),
        TEXT.replace("ed1", "ED1"),
        TEXT.replace("default", "Default"),
        TEXT.replace("default", "a" * 13),
        TEXT.replace("default", ""),
        TEXT.replace("abcde2", "abcde1"),
        TEXT.replace("abcde2", "ABCDE2"),
        TEXT.replace("abcde2", "abcde"),
        TEXT.replace("tro8w0", "0tro8w"),
        TEXT.replace("tro8w0", ""),
        TEXT.replace("tro8w0", "\u0661"),
        TEXT.replace("1jk00", "00"),
        TEXT.replace("1jk00", "000000"),
        TEXT.replace("1jk00", "01jk00"),
        TEXT.replace("1jk00", "-1"),
        TEXT.replace("1jk00", "1jk00000"),
        TEXT.replace("tro8w0", "tro8w000"),
        TEXT.replace("0a9zz", "0a9z"),
        TEXT.replace("0a9zz", "0a9zzz"),
        TEXT.replace("0a9zz", "0A9zz"),
        TEXT.upper(),
    ],
)
def test_not_read(text: object) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tiles", None),
        ("[ed2: [x]", None),
        ("", "is empty"),
        ("  ", "is empty"),
        (" tiles", "starts or ends with white space"),
        ("tiles\u00a0", "starts or ends with white space"),
        ("a\nb", "is more than one line of plain text"),
        ("a\tb", "is more than one line of plain text"),
        ("a\u2028b", "is more than one line of plain text"),
        ("a\ud800b", "is more than one line of plain text"),
        ("a [ed1:b", "contains '[ed1:', which marks the tokens of this collection"),
        ("a [edr:b", "contains '[edr:', which marks the tokens of this collection"),
        ("a" * 51, "has 51 characters, and at most 50 are possible"),
        ("😀" * 26, "has 52 characters, and at most 50 are possible"),
    ],
)
def test_complaint(text: str, reason: str | None) -> None:
    assert complaint(text) == reason


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("default", True),
        ("a", True),
        ("a-1", True),
        ("a" * 12, True),
        ("a" * 13, False),
        ("", False),
        ("A", False),
        ("a:b", False),
        ("é", False),
        ("a b", False),
        ("a\n", False),
    ],
)
def test_owner(text: str, possible: bool) -> None:
    assert is_owner(text) is possible


def test_nonce() -> None:
    assert new_nonce(lambda digits: digits[-1]) == "zzzzz"


@pytest.mark.parametrize(("characters", "remembered"), [(50, True), (100, True), (101, False), (100_000, False)])
def test_what_the_server_can_not_keep_is_not_remembered(characters: int, remembered: bool) -> None:
    """Descriptions are read once, but a server that lists long ones does not fill the memory with them."""
    text = "read by nobody else ".ljust(characters, "x")
    before = sys.getrefcount(text)
    assert parse(text) is None
    assert (sys.getrefcount(text) > before) is remembered
