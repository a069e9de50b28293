# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever happens to a store, it equals a dict, and the text around it stays."""

from __future__ import annotations

import tempfile
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.ellipsis.drive.plugins.module_utils._model.overlap import MOST_ALIVE
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores import vault_file as _vaultfile
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.entries import Entry, StoredSlot, chained
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.file_backend import FileBackend
from ansible_collections.ellipsis.drive.plugins.plugin_utils._stores.store import Store

VAULT = VaultLib([("default", VaultSecret(b"test-password"))])
LINE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff"))
NAMES = st.sampled_from(["roads", "yes", "1", "null", "- a", "é😀", "a: b # c", "{", "'", '"', "*x", "2026-01-01"]) | (
    LINE.filter(bool)
)
ENTRIES = st.builds(
    Entry,
    st.builds(StoredSlot, NAMES, st.just("default"), st.just("https://api.example.com/v3"), st.none()),
    id=st.just("1"),
    token=LINE.filter(bool),
    expires_at=st.none() | st.just("2026-01-01T00:00:00Z"),
    valid_for=st.sampled_from(["90d", "never"]),
    pending=st.lists(LINE, max_size=2, unique=True).map(tuple),
)
OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["begin", "keep", "forget"]), st.lists(ENTRIES, max_size=3)), min_size=1, max_size=5
)
ABOVE = st.sampled_from(["", "---\n", "# é\na: 1 # one\n", "a: !vault |\n  $ANSIBLE_VAULT\n\n", "a:\n- b\r\n"])
BELOW = st.sampled_from(["", "\n# é\nz: 1 # one\n", "z: {y: 'x'}\n...\n", "z: |+\n  text\n\n"])
MARK = "ellipsis_access_tokens:"


@settings(deadline=None, max_examples=60)
@given(ABOVE, BELOW, OPERATIONS)
def test_a_store_is_a_dict(above: str, below: str, operations: list[tuple[str, list[Entry]]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "tokens.yml"
        path.write_text(f"{above}{MARK} {{}}\n{below}", newline="")
        model: dict[str, Entry] = {}
        for operation, entries in operations:
            store = Store(FileBackend(path, VAULT, plaintext=True, warn=pytest.fail))
            apply(store, operation, entries)
            model = expected(model, operation, entries)
            assert store.entries() == model
            assert Store(FileBackend(path, VaultLib(), plaintext=True, warn=pytest.fail)).entries() == model
        text = _vaultfile.read(path, VAULT).text
        assert text.startswith(above + MARK)
        assert text.endswith(below)


def test_all_that_live_fit_into_an_entry(tmp_path: Path) -> None:
    """One inside the other, and one more creation under way."""
    slot = StoredSlot("roads", "default", "https://api.example.com/v3", None)
    tokens = [Entry(slot, id=str(number), token=f"epat_{number}") for number in range(MOST_ALIVE)]
    entry = replace(tokens[0], previous=chained(tokens[1:]))
    store = Store(FileBackend(tmp_path / "tokens.yml", VAULT, plaintext=True, warn=pytest.fail))
    store.keep([entry])
    store.begin({slot: "nonce"})
    (read,) = store.entries().values()
    assert replace(read, pending=()) == entry
    assert [each.id for each in read.tokens()] == [each.id for each in tokens]


def apply(store: Store, operation: str, entries: list[Entry]) -> None:
    if operation == "begin":
        store.begin({entry.slot: "nonce" for entry in entries})
    elif operation == "keep":
        store.keep(entries)
    else:
        store.forget(entry.slot for entry in entries)


def expected(model: t.Mapping[str, Entry], operation: str, entries: list[Entry]) -> dict[str, Entry]:
    after = dict(model)
    for entry in entries:
        name = entry.slot.description
        if operation == "keep":
            after[name] = entry
        elif operation == "forget":
            after.pop(name, None)
        else:
            old = model.get(name, Entry(entry.slot))
            after[name] = replace(old, pending=tuple(dict.fromkeys((*old.pending, "nonce"))))
    return after
