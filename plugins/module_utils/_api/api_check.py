# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells whether an address is that of an Ellipsis Drive API. Asked after an answer that can't be used. Pure.

The base address of the API answers 200 with a text that has "ellipsis" in it. The web application does so too, but with
a page.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .hints import is_page

_VERSIONED = re.compile(r"/v\d+$")
_VERSION = "/v3"


@dataclass(frozen=True)
class BaseAnswer:
    """What GET of an address answered. is_api: it was the API. words: the answer for a message."""

    is_api: bool
    words: str


def read_base_answer(status: int, headers: t.Mapping[str, str], text: str, words: str) -> BaseAnswer | None:
    """Read the answer to GET of an address; None if it tells nothing (429, 5xx). text: its body. words: what may be shown of it."""
    if status == 429 or status >= 500:
        return None
    kind = headers.get("Content-Type", "no content type").partition(";")[0]
    server = f" from {headers['Server']}" if headers.get("Server") else ""
    said = f": {words}" if words else ""
    is_api = status == 200 and "ellipsis" in text.lower() and not is_page(text)
    return BaseAnswer(is_api, f"{status} ({kind}{server}){said}")


def objection(api_url: str, ask: t.Callable[[str], BaseAnswer | None]) -> str | None:
    """What is wrong with an address, as a sentence; None if nothing is or it can't be told. ask: sends GET to an address."""
    versioned = _VERSIONED.search(api_url)
    found = ask(api_url)
    if found is None or (found.is_api and versioned):
        return None
    if not versioned:
        elsewhere = ask(api_url + _VERSION)
        if elsewhere is not None and elsewhere.is_api:
            return f"The API of Ellipsis Drive is at {api_url}{_VERSION}. Set api_url to that"
    if found.is_api:
        return None
    return (
        f"This does not look like an Ellipsis Drive API: GET {api_url} answered {found.words.rstrip('. ')}. "
        f"Set api_url to the address of the API, which looks like https://api.example.com{_VERSION}"
    )
