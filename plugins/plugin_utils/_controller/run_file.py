# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that all processes of one run share: logins, declarations, run-only tokens, the state of the role."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import typing as t
from pathlib import Path

from ansible import constants as C
from ansible.utils.display import Display

from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.leftovers import (
    is_terminated,
    mark_of_this_run,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.lock import Lock

# Longer than any one call with all its tries may take.
_LOCK_SECONDS = 300
display = Display()
Value = dict[str, t.Any]


class RunFile:
    """A value shared by all processes of this run of Ansible, in its own temporary directory, which Ansible removes.

    The directory is private to the user and its name is random, so the name of the file needs no secret of its own.
    """

    def __init__(self, *key: str | None, kind: str = "") -> None:
        directory = Path(C.DEFAULT_LOCAL_TMP)
        digest = hashlib.sha256(json.dumps([str(directory), *key]).encode()).hexdigest()
        self._path = directory / f"ellipsis-{kind}{digest[:32]}"

    @staticmethod
    def values(kind: str) -> t.Iterator[Value]:
        """All values of a kind that this run has."""
        for path in sorted(Path(C.DEFAULT_LOCAL_TMP).glob(f"ellipsis-{kind}*")):
            if not path.suffix:
                yield json.loads(path.read_text(encoding="utf-8"))["value"]

    def locked(self) -> Lock:
        """The lock of whoever changes the value, for a C(with)."""
        path = self._path
        return Lock(path.parent, (path.name,), timeout=_LOCK_SECONDS, holder="this run", warn=display.warning)

    def read(self) -> Value | None:
        """The value, or None if nobody has written it yet."""
        try:
            return t.cast(Value, json.loads(self._path.read_text(encoding="utf-8"))["value"])
        except FileNotFoundError:
            return None

    def write(self, value: Value) -> None:
        """Set the value in one step. A run that was terminated keeps nothing more."""
        if is_terminated():
            return
        temporary = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump({"run": mark_of_this_run(), "value": value}, file)
        temporary.rename(self._path)
        # It may have been terminated meanwhile, and have removed its files before this one was there.
        if is_terminated():
            self._path.unlink(missing_ok=True)
