# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On the path of a run that counts decryptions: Python imports a module of this name when it starts."""

from __future__ import annotations

import os
import typing as t

from ansible.parsing.vault import VaultLib

_original = VaultLib.decrypt_and_get_vault_id


def _counted(self: VaultLib, *args: t.Any, **kwargs: t.Any) -> t.Any:
    with open(os.environ["BENCHMARK_DECRYPTIONS"], "a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")
    return _original(self, *args, **kwargs)


VaultLib.decrypt_and_get_vault_id = _counted
