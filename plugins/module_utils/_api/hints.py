# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Advice about a refusal of the API, from its text, its status and the options. Pure.

The API documents no texts of errors, so these are looked for with some tolerance, and the server's own words are always
shown beside what is made of them here.
"""

from __future__ import annotations

import html
import re

_UNSEEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_HEAD = re.compile(r"<head\b.*?</head\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_NO_PASSWORD = re.compile(r"no password", re.IGNORECASE)
_SECOND_FACTOR = re.compile(
    r"two.?factor|second factor|multi.?factor|\b[2m]fa\b|\b[ht]?otp\b|authenticator", re.IGNORECASE
)
_FULL = re.compile(r"(maximum|max\.?|limit).{0,20}\b(number|amount|tokens)\b|too many\b.*\btokens", re.IGNORECASE)
_LIFETIME = re.compile(r"permanent|expir|valid.?for|validity|life.?time|duration|never|too long|maximum", re.IGNORECASE)
_WHICH_KIND = (
    "Managing access tokens needs a login token of the account holder, which username and password get, or which is given "
    "as api_token"
)


def is_page(text: str) -> bool:
    """Whether a body is a page for people."""
    start = text[:1000].lower()
    return "<html" in start or "<!doctype" in start


def readable(text: str) -> str:
    """What a person would read of a body: the words of a page, or its title if there are no others."""
    if not is_page(text):
        return text
    seen = _UNSEEN.sub(" ", text)
    return _words(_HEAD.sub(" ", seen)) or _words(seen) or "(an empty page)"


def _words(page: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", page)).split())


def login_hint(text: str) -> str:
    """For a refused password."""
    if _NO_PASSWORD.search(text):
        return (
            "The account has no password, as it was made through a Google login. Set one in the web application, or give a "
            "login token as api_token in place of username and password"
        )
    if _SECOND_FACTOR.search(text):
        return (
            "The account or the instance requires a second factor, which a task can't give. Log in to the web application "
            "and give that login's token as api_token, or use an account without a second factor"
        )
    return "Check username and password. They were sent once and are not sent again in this run"


def kind_hint(token: str | None, status: int) -> str:
    """For a credential that may not list access tokens. token: what was given, None when it is from a login."""
    if token is None:
        return "The login worked, but its account may not manage access tokens"
    if token.startswith("epat_"):
        return f"api_token is an access token, since it starts with epat_. {_WHICH_KIND}"
    if status == 401:
        return (
            "api_token is unknown here or has ended: login tokens live for a day unless more was asked for, and each instance "
            f"has its own. {_WHICH_KIND}"
        )
    return f"api_token is known but not of the right kind: an OAuth token is refused like this. {_WHICH_KIND}"


def creation_hint(lifetime: int, status: int, text: str) -> str:
    """For a token that the server would not create. lifetime: seconds, 0 is for ever."""
    if _FULL.search(text):
        return (
            "Revoke tokens that are not needed: ellipsis_access_token_info lists all, and state=absent with token_id revokes "
            "one"
        )
    if _LIFETIME.search(text) and not lifetime:
        return "This instance seems not to allow tokens that never expire; set valid_for to a duration such as 90d"
    if _LIFETIME.search(text):
        return f"This instance seems to allow shorter lives only; set valid_for to less than {lifetime} seconds"
    if status == 403:
        return "The account needs at least access_tier itself on every path of access_list"
    return ""
