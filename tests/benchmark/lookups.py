# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A store with many secrets, and how often it is decrypted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Entry, StoredSlot
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.file_backend import FileBackend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store

from .laboratory import HERE, Laboratory
from .rows import LOOKUPS, Play

PASSWORD = "benchmark"


def lay_store(folder: Path, api_url: str) -> None:
    """An encrypted store as the module writes it, and the password of the runs that read it."""
    (folder / "vault-password").write_text(PASSWORD + "\n")
    vault = VaultLib([("default", VaultSecret(PASSWORD.encode()))])
    Store(FileBackend(folder / "tokens.yml", vault, warn=print)).keep(
        [_entry(number, api_url) for number in range(LOOKUPS)]
    )


def check_rendered(folder: Path) -> None:
    """The lookups did find their secrets."""
    wanted = [_secret(number) for number in range(LOOKUPS)]
    if (folder / "rendered").read_text().split() != wanted:
        raise SystemExit("the template does not hold the secrets of the store")


def decryptions(laboratory: Laboratory) -> dict[str, int]:
    """By process, while several tasks use the store."""
    log = laboratory.folder / "decryptions"
    log.write_text("")
    play = Play("decryptions.yml", {"lookups": LOOKUPS})
    laboratory.run(play, {"PYTHONPATH": str(HERE / "counting"), "BENCHMARK_DECRYPTIONS": str(log)})
    return dict(Counter(log.read_text().split()))


def _secret(number: int) -> str:
    return f"test-secret-{number:06d}-" + "0123456789abcdef" * 3


def _entry(number: int, api_url: str) -> Entry:
    return Entry(
        StoredSlot(f"benchmark {number}", "default", api_url),
        id=f"00000000-0000-4000-8000-{number:012d}",
        token=_secret(number),
        created_at="2026-01-01T00:00:00Z",
        expires_at="2096-01-01T00:00:00Z",
        valid_for="90d",
        fingerprint="sha256:0123456789ab",
    )
