# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which token a leaked secret is of."""

from __future__ import annotations

import hashlib
import re

import pytest

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.module_utils._model.tokens import ListedToken
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.info_filters import FILTERS_SPEC, filters_of

TOKEN = ListedToken("5b0c3d2e-6a8f-4f5e-9d1c-2b7a90c1e4f8", "tile server")
DIGITS = hashlib.sha256(b"leaked").hexdigest()


def passes(fingerprint: str, secret: str | None) -> bool:
    params = {**dict.fromkeys(FILTERS_SPEC), "store": "tokens.yml", "fingerprint": fingerprint}
    return filters_of(params).pass_(TOKEN, 0.0, secret)


@pytest.mark.parametrize(
    "fingerprint", [f"sha256:{DIGITS[:12]}", DIGITS[:12], DIGITS, DIGITS.upper(), f" sha256:{DIGITS[:20]}\n"]
)
def test_a_fingerprint_finds_its_secret_and_no_other(fingerprint: str) -> None:
    assert passes(fingerprint, "leaked")
    assert not passes(fingerprint, "another")
    assert not passes(fingerprint, None)


@pytest.mark.parametrize("fingerprint", ["", "leaked", "sha256:", DIGITS[:11], DIGITS + "0", "md5:" + DIGITS[:12]])
def test_what_is_none_is_refused(fingerprint: str) -> None:
    with pytest.raises(OptionError, match=re.escape("is not one; write sha256: and at least 12 digits")):
        passes(fingerprint, "leaked")


def test_it_needs_a_store() -> None:
    params = {**dict.fromkeys(FILTERS_SPEC), "store": None, "fingerprint": DIGITS}
    with pytest.raises(OptionError, match="needs store, since the server does not tell secrets"):
        filters_of(params)
