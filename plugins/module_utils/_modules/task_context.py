# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the core of a module gets beside its options: the account, whether to write, and how to open a store."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._account.account import Account
from .._account.run_memory import NO_MEMORY, RunMemory
from .._account.secret_store import ExternalStore, SecretStore
from .._model.errors import OptionError
from .._model.marker import Slot
from .options import held_of

Params = t.Mapping[str, t.Any]
STORE_IS_HERE = (
    "store: is opened on the controller, so it does not go with delegate_to another host; run the task on the controller, "
    "or use held_id"
)


@dataclass(frozen=True)
class Context:
    """apply is false in check mode. open_store is None where there are no stores: away from the controller.

    report takes a line about the progress of long work, where somebody can see it. memory: what the run knows of its tasks.
    """

    account: Account
    apply: bool
    open_store: t.Callable[[Params], SecretStore] | None = None
    report: t.Callable[[str], None] | None = None
    memory: RunMemory = NO_MEMORY

    def secret_store(self, params: Params, slot: Slot) -> SecretStore:
        """Who keeps the secrets, by the options O(store) and O(held_id)."""
        if params["store"] is None:
            return ExternalStore({slot: held_of(params)})
        if params["held_id"] is not None:
            raise OptionError("store and held_id exclude each other; with store it is known which token is held")
        return self.store(params)

    def store(self, params: Params) -> SecretStore:
        """The store that the options name."""
        if self.open_store is None:
            raise OptionError(STORE_IS_HERE)
        return self.open_store(params)
