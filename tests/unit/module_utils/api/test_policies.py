# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an instance does not allow is said with the option to change, however the instance says it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import ApiError
from ansible_collections.ellipsis.drive.plugins.module_utils._api.hints import creation_hint, login_hint
from ansible_collections.ellipsis.drive.plugins.module_utils._model.access_list import Grant
from ansible_collections.ellipsis.drive.tests.emulator import PATHS, USER_TOKEN, Emulator, ManualClock, Variant
from ansible_collections.ellipsis.drive.tests.unit.module_utils.clients import open_client

DAY = 86400


@pytest.mark.parametrize("form", ["json", "text", "html"])
@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize(
    ("policy", "lifetime", "words"),
    [
        (
            {"permanent_allowed": False},
            0,
            "not allowed on this instance. This instance seems not to allow tokens that never expire; set valid_for to a dur",
        ),
        (
            {"max_lifetime": DAY},
            DAY + 1,
            "at most 86400 on this instance. This instance seems to allow shorter lives only; set valid_for to less than 86401",
        ),
        ({"max_lifetime": DAY}, 0, "set valid_for to a duration such as 90d"),
    ],
    ids=["permanent", "too long", "permanent is too long"],
)
def test_refused_lifetimes(policy: dict[str, Any], lifetime: int, words: str, status: int, form: str) -> None:
    emulator = Emulator(Variant(errors=form), ManualClock())
    emulator.set_policy(**policy, refusal=status)
    client = open_client(emulator, api_token=USER_TOKEN)
    client.list_tokens()
    with pytest.raises(ApiError) as caught:
        client.create_token("tiles", (Grant(PATHS["Projects/Roads"], "view"),), "all", lifetime)
    assert str(caught.value).startswith(f"POST /account/security/accessToken answered {status}: ")
    assert words in str(caught.value)
    assert not emulator.tokens


@pytest.mark.parametrize(
    ("accepted", "tier", "calls"),
    [
        ("plus", "viewPlus", [1, 1]),
        ("sign", "viewPlus", [2, 1]),
        ("sign", "editPlus", [2, 1]),
        ("sign", "view", [1, 1]),
    ],
)
def test_the_spelling_of_a_tier_is_found_once(accepted: str, tier: str, calls: list[int]) -> None:
    emulator = Emulator(Variant(tiers_accepted=accepted), ManualClock())
    client = open_client(emulator, api_token=USER_TOKEN)
    for number, expected in enumerate(calls):
        client.calls.clear()
        created = client.create_token("tiles", (Grant(PATHS["Projects/Roads"], tier),), "all", DAY)
        assert created.id == emulator.tokens[number].id
        assert client.calls == {"create": expected}
    if calls[0] > calls[1]:
        emulator.fault(kind="status", status=400, method="POST", times=None)
        client.calls.clear()
        with pytest.raises(ApiError):
            client.create_token("tiles", (Grant(PATHS["Projects/Roads"], tier),), "all", DAY)
        assert client.calls == {"create": 1}


@pytest.mark.parametrize(
    ("status", "tier", "calls"), [(400, "viewPlus", 2), (400, "fullView", 1), (400, "view", 1), (403, "viewPlus", 1)]
)
def test_a_refusal_that_no_spelling_explains_is_told_as_it_was(status: int, tier: str, calls: int) -> None:
    emulator = Emulator(clock=ManualClock())
    client = open_client(emulator, api_token=USER_TOKEN)
    client.list_tokens()
    emulator.fault(kind="status", status=status, body="The first word.", method="POST")
    emulator.fault(kind="status", status=status, body="The second word.", method="POST", times=None)
    with pytest.raises(ApiError, match=f"^POST /account/security/accessToken answered {status}: The first word"):
        client.create_token("tiles", (Grant(PATHS["Projects/Roads"], tier),), "all", DAY)
    assert client.calls["create"] == calls


@pytest.mark.parametrize(
    ("lifetime", "status", "text", "words"),
    [
        (0, 400, "validFor is required.", "set valid_for to a duration"),
        (0, 400, "Tokens must expire", "set valid_for to a duration"),
        (60, 403, "The maximum duration of validity of a token is 1 hour", "set valid_for to less than 60 seconds"),
        (60, 403, "Maximum number of access tokens reached", "Revoke tokens that are not needed"),
        (0, 400, "Limit of tokens exceeded", "Revoke tokens that are not needed"),
        (0, 400, "Too many access tokens", "Revoke tokens that are not needed"),
        (60, 400, "Lifetime exceeds policy", "set valid_for to less than 60 seconds"),
        (0, 403, "Insufficient access.", "The account needs at least access_tier itself on every path of access_list"),
        (0, 400, "accessTier must be one of view, edit.", ""),
        (60, 400, "", ""),
    ],
)
def test_words_of_creations(lifetime: int, status: int, text: str, words: str) -> None:
    hint = creation_hint(lifetime, status, text)
    assert words in hint if words else not hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("No password configured.", "Google"),
        ("2FA required", "second factor"),
        ("Two-factor authentication is required", "second factor"),
        ("Missing OTP", "second factor"),
        ("Please enter the code of your authenticator app", "second factor"),
        ("Wrong credentials", "Check username and password"),
        ("", "Check username and password"),
    ],
)
def test_words_of_logins(text: str, words: str) -> None:
    assert words in login_hint(text)
