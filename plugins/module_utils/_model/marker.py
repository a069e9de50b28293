# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The marker that makes a token recognisable: C(<description> [ed1:OWNER:SPEC:CREATED:LIFETIME:NONCE]).

A token that belongs to one run of Ansible has C([edr:) in place of C([ed1:).

The API cannot change a token and its descriptions are not unique, so the description carries everything that decides
whether a live token is the one that is wanted. Nothing in it is secret. See docs/design.md.
"""

from __future__ import annotations

import functools
import re
import typing as t
import unicodedata
from dataclasses import dataclass

LONGEST_DESCRIPTION = 50
# What the server keeps; a longer text is nobody's marker and not worth remembering.
_LONGEST_TEXT = 100
TAG = "[ed1:"
RUN_TAG = "[edr:"
TAGS = (TAG, RUN_TAG)
NONCE_LENGTH = 5
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_OWNER = re.compile(r"[a-z0-9-]{1,12}")
_NUMBER = r"0|[1-9a-z][0-9a-z]{0,6}"
_MARKER = re.compile(
    r"(?P<description>.+) \[ed(?:1|(?P<run>r)):(?P<owner>[a-z0-9-]{1,12}):(?P<spec>[a-z2-7]{6})"
    rf":(?P<created>{_NUMBER}):(?P<lifetime>{_NUMBER}):(?P<nonce>[0-9a-z]{{5}})\]"
)


@dataclass(frozen=True)
class Slot:
    """One declared token of one owner (within the account the task logs in to).

    run_only: its tokens belong to one run of Ansible each, and are no generations of each other.
    """

    owner: str
    description: str
    run_only: bool = False


@dataclass(frozen=True)
class Marker:
    """What we wrote into the description of a token. created: epoch seconds; lifetime: seconds, 0 is never."""

    slot: Slot
    spec: str
    created: int
    lifetime: int
    nonce: str


def normalise(description: str) -> str:
    """Unicode has several spellings of one text; the server keeps bytes, so there must be one."""
    return unicodedata.normalize("NFC", description)


def length(text: str) -> int:
    """Characters as the server counts them (UTF-16 units, the largest way to count)."""
    return len(text.encode("utf-16-le")) // 2


def complaint(description: str) -> str | None:
    """Why this text can't be a description, or None."""
    if not description.strip():
        return "is empty"
    if description != description.strip():
        return "starts or ends with white space"
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in description):
        return "is more than one line of plain text"
    tag = next((tag for tag in TAGS if tag in description), None)
    if tag:
        return f"contains {tag!r}, which marks the tokens of this collection"
    if length(description) > LONGEST_DESCRIPTION:
        return f"has {length(description)} characters, and at most {LONGEST_DESCRIPTION} are possible"
    return None


def is_owner(text: str) -> bool:
    """Whether this can be an owner."""
    return bool(_OWNER.fullmatch(text))


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = DIGITS[rest] + digits
        if not number:
            return digits


def encode(marker: Marker) -> str:
    """The description sent to the server."""
    fields = (marker.slot.owner, marker.spec, _base36(marker.created), _base36(marker.lifetime), marker.nonce)
    tag = RUN_TAG if marker.slot.run_only else TAG
    return f"{marker.slot.description} {tag}{':'.join(fields)}]"


def parse(text: object) -> Marker | None:
    """The marker in a token's description; None unless it is exactly as encode() writes it."""
    return _parse(text) if isinstance(text, str) and len(text) <= _LONGEST_TEXT else None


# A loop that creates tokens reads the whole list after each of them, and descriptions never change.
@functools.lru_cache(maxsize=16384)
def _parse(text: str) -> Marker | None:
    match = _MARKER.fullmatch(text)
    if not match or complaint(match["description"]) or normalise(match["description"]) != match["description"]:
        return None
    return Marker(
        Slot(match["owner"], match["description"], run_only=bool(match["run"])),
        match["spec"],
        int(match["created"], 36),
        int(match["lifetime"], 36),
        match["nonce"],
    )


def new_nonce(choice: t.Callable[[str], str]) -> str:
    """Five random characters; choice picks one (secrets.choice outside of tests)."""
    return "".join(choice(DIGITS) for _position in range(NONCE_LENGTH))
