# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One field for each point of the API that its documentation leaves open. The defaults are the likeliest reading."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    create_id: bool = True
    list_tier: str = "accessTier"
    list_path: str = "pathId"
    date_keys: str = "creationDate"
    date_form: str = "iso"
    never: str = "null"
    lists_scope: bool = True
    leaks_secret: bool = False
    tiers_accepted: str = "plus"
    tiers_returned: str = "plus"
    errors: str = "json"
    cursor: str = "uuid"
    order: str = "newest"
    delete_unknown: int = 404
    lists_size: bool = False
    no_fence: str = "missing"
    delete_answer: str = "empty"
    ogc_reads_path: bool = False
    date_header: bool = True
    path_tier: bool = True
    login_refused: int = 401


DATE_KEYS: dict[str, tuple[str, str] | None] = {
    "creationDate": ("creationDate", "expiryDate"),
    "createdAt": ("createdAt", "expiresAt"),
    "creation_date": ("creation_date", "expiry_date"),
    "dateCreated": ("dateCreated", "validTill"),
    "none": None,
}

CHOICES: dict[str, tuple[object, ...]] = {
    "create_id": (True, False),
    # `bare` entries have an id and a description and nothing else.
    "list_tier": ("accessTier", "accessLevel", "both", "bare"),
    "list_path": ("pathId", "path"),
    "date_keys": tuple(DATE_KEYS),
    "date_form": ("iso", "sql", "seconds", "milliseconds"),
    # How a listed token without an end shows it; with `unlisted` no token shows an end.
    "never": ("null", "missing", "unlisted"),
    "lists_scope": (True, False),
    "leaks_secret": (False, True),
    "tiers_accepted": ("plus", "sign", "both"),
    "tiers_returned": ("plus", "sign"),
    "errors": ("json", "text", "html"),
    "cursor": ("uuid", "int", "object"),
    "order": ("newest", "oldest", "shuffled"),
    "delete_unknown": (404, 400),
    "lists_size": (False, True),
    "no_fence": ("missing", "null", "object"),
    "delete_answer": ("empty", "json", "text"),
    "ogc_reads_path": (False, True),
    "date_header": (True, False),
    "path_tier": (True, False),
    "login_refused": (401, 400),
}
