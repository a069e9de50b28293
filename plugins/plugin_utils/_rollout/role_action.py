# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the role asks the modules: in this process, with the options that it has for all tokens."""

from __future__ import annotations

import typing as t

from ansible_collections.ellipsis.drive.plugins.module_utils._api.connection import CONNECTION_SPEC
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError
from ansible_collections.ellipsis.drive.plugins.module_utils._modules import access_tokens
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.plain_values import plain
from ansible_collections.ellipsis.drive.plugins.plugin_utils._plugins.action import EllipsisAction
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout import rollout
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.state import STORE, State

Values = dict[str, t.Any]


class RoleAction(EllipsisAction):
    """An action that calls cores of modules, several times if need be."""

    _task_vars: Values

    def _converge(self, state: State, *, apply: bool) -> Values:
        """What the plural module answers for all slots. A slot that fails does not hold up the others."""
        created = [name for name, each in state.earlier_batches.items() if each["created"]]
        held = None if state.keeper == STORE else state.held
        tokens = rollout.to_create(state.slots, held, state.settings["access_tokens_rotate"], created)
        options = {"tokens": tokens, "return_secret": True, "on_error": "continue"}
        return self._call(access_tokens, options, state, apply=apply)

    def _call(self, core: t.Any, options: Values, state: State, *, apply: bool) -> Values:
        """What a module answers. Raises EllipsisError when it failed and says nothing of any slot."""
        settings = state.settings
        self.module, self.spec, self.core = "ellipsis.drive.ellipsis_access_tokens", core.SPEC, core.run
        params = {name: value for name, value in plain(self._task.args).items() if name in CONNECTION_SPEC}
        params.update(options, owner=settings["access_tokens_owner"], take_over=settings["access_tokens_take_over"])
        if settings.get("access_tokens_store"):
            params["store"] = settings["access_tokens_store"]
            params["store_vault_id"] = settings.get("access_tokens_store_vault_id")
            params["store_plaintext"] = settings["access_tokens_store_plaintext"]
        sources = self._inherit(params, self._task_vars)
        result = self._run_here(params, sources, self._task_vars, apply=apply, finish=dict)
        if result.get("failed") and "access_tokens" not in result:
            raise EllipsisError(str(result["msg"]))
        return result

    def _call_whole(self, options: Values, state: State, *, apply: bool) -> Values:
        """What the plural module answers where any failure is one of all."""
        result = self._call(access_tokens, options, state, apply=apply)
        if result.get("failed"):
            raise EllipsisError(str(result["msg"]))
        return result
