# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an id and a token look like. What comes from outside is checked here before it is used (law 16).

An id becomes a part of addresses, and one such as C(../../path) would lead a request elsewhere. A token becomes a header,
and libraries quote one that can't be a header in their errors.
"""

from __future__ import annotations

import re
import typing as t

from .errors import Refused

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_BEARER = re.compile(r"[!-~]{1,8192}")


def is_id(text: object) -> bool:
    """Whether this can be the id of a token or a path: the API has UUIDs only."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None


def address_part(text: str) -> str:
    """An id as a part of an address; Refused when it is none, so that no other address than the meant one is asked."""
    if not is_id(text):
        raise Refused(f"{shortened(text)} is not a UUID, as every id of the API is, so no request is made with it.")
    return text


def is_bearer(text: object) -> bool:
    """Whether this can be sent as a token. Tokens are opaque, but a header is one line of ASCII, here without spaces."""
    return isinstance(text, str) and _BEARER.fullmatch(text) is not None


def check_ids(what: str, token_ids: t.Iterable[str]) -> None:
    """Refused when one of the tokens to revoke has an id that can't be one. what: what was to be done."""
    for token_id in sorted(set(token_ids)):
        if not is_id(token_id):
            raise Refused(
                f"{what} would revoke a token that the server lists with the id {shortened(token_id)}. That is not a UUID, "
                "as every id of the API is, so no request is made with it; revoke that token in the web application. Nothing was written."
            )


def shortened(text: str) -> str:
    """A text of the server in quotes, fit for a message."""
    return repr(text if len(text) <= 60 else text[:60] + "…")
