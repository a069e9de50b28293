# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of the role that are taken once for all hosts of a batch, on the controller: begin, create, keep, settle, go back."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleError
from ansible.utils.display import Display

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError, OptionError
from ansible_collections.ellipsis.drive.plugins.module_utils._modules import access_token, access_tokens
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.plain_values import plain
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.process import accounts
from ansible_collections.ellipsis.drive.plugins.plugin_utils._plugins.action import EllipsisAction
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout import declarations, outcome, rollout
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.declarations import Declaration, is_present
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.formats import TEMPLATE, newest
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.host_variables import role_options, variables_of
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.lines import lines
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.role_action import RoleAction
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.state import (
    HOSTS,
    OUTSIDE,
    STORE,
    State,
    changing,
    keeper,
)
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.undeclared import notice, to_prune, undeclared

Values = dict[str, t.Any]
_TASK_FILES = ("access_tokens_check_tasks", "access_tokens_fetch_tasks", "access_tokens_keep_tasks")
display = Display()


class AllHosts(RoleAction):
    """Takes one step. Each runs in a process of its own; what they tell each other is in the state."""

    def run(self, tmp: str | None = None, task_vars: Values | None = None) -> Values:
        """The result of a step, without secrets unless tasks of the user keep them."""
        super(EllipsisAction, self).run(tmp, task_vars)
        self._task_vars = task_vars or {}
        steps = {
            "begin": self._begin,
            "create": self._create,
            "kept": self._kept,
            "settle": self._settle,
            "go_back": self._go_back,
        }
        try:
            with changing(self._task_vars) as state:
                return steps[self._task.args["step"]](state)
        except EllipsisError as exc:
            return {"failed": True, "msg": str(exc)}

    # What hosts declare

    def _begin(self, state: State) -> Values:
        """Read and check what all hosts of the batch declare. With a store, plan; else what is held is not known yet."""
        found = self._declarations()
        slots, faults = declarations.gathered(found)
        common = next(iter(found.values())).settings
        if faults:
            raise OptionError(" ".join(f"access_tokens: {fault}." for fault in faults))
        for name, rolled in state.rolled.items():
            created = rolled["created"] or state.earlier_batches.get(name, {}).get("created", False)
            state.earlier_batches[name] = {**rolled, "created": created}
        state.settings, state.slots, state.keeper = common, slots, keeper(common)
        state.declared = {host: list(each.slots) for host, each in found.items()}
        state.failures, state.made, state.rolled, state.reasons = {}, {}, {}, {}
        state.reached, state.returned = [], []
        for host, each in found.items():
            state.confirmed[host] = {slot["description"]: "" for slot in each.present}
        if state.keeper == STORE and slots:
            self._take_in(state, self._converge(state, apply=False))
        return {
            "changed": False,
            "look": self._to_look_at(state, found),
            "fetch": state.keeper == OUTSIDE,
            "descriptions": rollout.names(slots),
        }

    def _declarations(self) -> dict[str, Declaration]:
        found: dict[str, Declaration] = {}
        faults: dict[str, list[str]] = {}
        for host in self._task_vars["ansible_play_batch"]:
            try:
                declaration, faults[host] = declarations.read(
                    variables_of(host, self._task, self._templar, self._task_vars), role_options()
                )
            except AnsibleError as exc:
                faults[host] = [" ".join(str(exc).split()).rstrip(".")]
                continue
            if declaration:
                found[host] = declaration
                faults[host] += self._missing_files(declaration)
                if keeper(declaration.settings) == HOSTS:
                    faults[host] += declarations.files_that_tell(declaration)[1]
        if any(faults.values()):
            raise OptionError(declarations.sentences(faults))
        return found

    def _missing_files(self, declaration: Declaration) -> list[str]:
        faults = []
        for name in _TASK_FILES:
            value = declaration.settings.get(name)
            if value and not os.path.isfile(os.path.join(self._task_vars["playbook_dir"], value)):
                faults.append(f"{name}: {value!r} is no file; relative paths start at the playbook")
        for delivery in (each for slot in declaration.slots for each in slot["deliver"]):
            if delivery["format"] == TEMPLATE:
                try:
                    self._find_needle("templates", delivery["src"])
                except AnsibleError as exc:
                    faults.append(f"access_tokens: src {delivery['src']!r} of {delivery['dest']!r} is not found: {exc}")
        return faults

    def _to_look_at(self, state: State, found: t.Mapping[str, Declaration]) -> list[str]:
        """Hosts whose files have to be looked at before anything is made: those that tell what is held, or will be written."""
        if state.keeper != STORE:
            return [host for host, each in found.items() if any(slot["deliver"] for slot in each.present)]
        made = set(state.made.get("created", ()))
        return [
            host
            for host, each in found.items()
            if any(slot["deliver"] and slot["description"] in made for slot in each.present)
        ]

    # What there is

    def _create(self, state: State) -> Values:
        """Create what is missing or due for the hosts that are still there."""
        wanted = {slot["description"] for host in self._still_there(state) for slot in state.declared[host]}
        state.slots = [slot for slot in state.slots if slot["description"] in wanted]
        if state.keeper == OUTSIDE:
            state.held = newest([*plain(self._task_vars.get("access_tokens_held") or {}).items(), *state.held.items()])
            self._plan_for_fetched(state)
        planned = state.keeper != HOSTS and (self._task.check_mode or not state.made.get("changed"))
        if state.slots and not planned:
            self._take_in(state, self._converge(state, apply=not self._task.check_mode))
        for line in lines(state.made):
            display.display(line)
        result = {
            "changed": bool(state.made.get("changed")),
            "hosts": self._with_work(state),
            "checks": bool(state.settings.get("access_tokens_check_tasks")) and not self._task.check_mode,
        }
        to_keep: Values = {}
        if state.keeper == OUTSIDE:
            self._task.no_log = True
            to_keep = {} if self._task.check_mode else rollout.kept(state.rolled, "current")
            result.update(held=state.held, to_keep=to_keep, _ansible_no_log=True)
        # What has to be kept first is delivered after that.
        if not to_keep:
            state.reached = self._still_there(state)
        return result

    def _still_there(self, state: State) -> list[str]:
        active = set(self._task_vars["ansible_play_hosts"])
        return [host for host in state.declared if host in active]

    def _plan_for_fetched(self, state: State) -> None:
        """Plan once it is known what is held. A live token without its secret is held elsewhere, as with a store."""
        if not state.slots:
            return
        made = self._converge(state, apply=False)
        lost = rollout.held_elsewhere(made)
        if lost and not state.settings["access_tokens_take_over"]:
            raise EllipsisError(lost)
        self._take_in(state, made)

    def _with_work(self, state: State) -> list[str]:
        if state.settings.get("access_tokens_check_tasks"):
            return list(state.declared)
        return [
            host
            for host, slots in state.declared.items()
            if any(is_present(slot) and slot["deliver"] and slot["description"] in state.rolled for slot in slots)
        ]

    def _take_in(self, state: State, made: Values) -> None:
        """What the module answered, without its secrets where they are not needed any more."""
        state.rolled = rollout.rollout(made, state.held, state.earlier_batches)
        superseded = rollout.superseded(made)
        state.superseded.update(superseded)
        state.unfinished = [name for name, ids in superseded.items() if ids and name not in made["created"]]
        state.reasons = rollout.unknown(state.slots, made, state.rolled)
        state.reasons.update(made["failures"])
        state.made = {
            name: made[name] for name in ("changed", "access_tokens", "created", "diff", "failures", "retired")
        }
        self._note_undeclared(state)

    def _kept(self, state: State) -> Values:
        """Tasks of the user have kept the secrets: those of this run, or those before it where they went back."""
        which = self._task.args["which"]
        state.held.update(rollout.kept(state.rolled, which))
        if which == "current":
            state.reached = self._still_there(state)
        return {"changed": False}

    # How it ends

    def _settle(self, state: State) -> Values:
        """Retire what was replaced when all went well; else fail, with what has to go back."""
        current = {name: each["current"]["id"] for name, each in state.rolled.items()}
        for host in self._still_there(state):
            if host not in state.failures and not self._task.check_mode:
                state.confirmed[host] = {name: current.get(name, "") for name in state.confirmed[host]}
                # Later batches of hosts may have older ones.
                known = {name: state.rolled[name]["current"] for name in state.confirmed[host] if name in state.rolled}
                state.held.update(known if state.keeper != STORE else {})
        hosts = state.hosts(self._task_vars)
        verdict = outcome.verdict(hosts, state.reasons, state.rolled, check_mode=self._task.check_mode)
        if verdict["messages"]:
            state.restore = verdict["restore"]
            return {"changed": False, "fails": True, "back": state.to_bring_back}
        retired, pruned = self._retire(state, ()), self._prune(state)
        return {**retired, **pruned, "changed": retired["changed"] or pruned["changed"], "fails": False}

    def _go_back(self, state: State) -> Values:
        """After the earlier secrets were delivered again: revoke the new tokens, and retire what was replaced where all went well."""
        hosts = state.hosts(self._task_vars)
        left_behind = [host for host in state.to_bring_back if host not in state.returned]
        verdict = outcome.verdict(
            hosts, state.reasons, state.rolled, check_mode=self._task.check_mode, left_behind=left_behind
        )
        for token_id in verdict["revoke"]:
            self._call(access_token, {"token_id": token_id, "state": "absent"}, state, apply=True)
        for host in state.declared:
            taken_back = set(verdict["restore"]) | set(verdict["affected"])
            state.confirmed[host].update({name: "" for name in state.confirmed[host] if name in taken_back})
        result = {**self._retire(state, verdict["affected"]), "messages": verdict["messages"]}
        if state.keeper == OUTSIDE:
            self._task.no_log = True
            to_keep = rollout.kept(state.rolled, "earlier", verdict["restore"])
            state.held.update(to_keep)
            result.update(to_keep=to_keep, held=state.held, _ansible_no_log=True)
        return result

    def _retire(self, state: State, affected: t.Collection[str]) -> Values:
        """Retire replaced tokens. A run with --limit retires nothing, since the hosts that it left out use them (law 23)."""
        if "ansible_limit" in self._task_vars:
            return {"changed": False}
        good = [slot for slot in state.all_slots if is_present(slot) and slot["description"] not in affected]
        decided = outcome.retirement(
            state.hosts(self._task_vars),
            good,
            state.superseded,
            state.all_rolled,
            state.created_in_this_run,
            at_once=state.settings["access_tokens_retire"],
            tracked=state.keeper != STORE,
        )
        for note in decided["notes"]:
            display.display(note)
        if not decided["tokens"]:
            return {"changed": False}
        tokens = {"tokens": decided["tokens"]}
        seen = self._call(access_tokens, tokens, state, apply=False)["access_tokens"]
        others = [name for name, token in seen.items() if token["id"] != state.all_rolled[name]["current"]["id"]]
        if others:
            raise EllipsisError(
                f"{declarations.named(others)}: another run replaced the token while this one delivered it, so nothing was "
                "retired here; run again, so that the hosts get the present one"
            )
        result = self._call_whole(tokens, state, apply=not self._task.check_mode)
        left = rollout.superseded(result)
        for name, ids in left.items():
            gone = [each for each in state.superseded[name] if each not in ids]
            if gone and not self._task.check_mode:
                display.display(
                    f"{name}: revoked {', '.join(gone)}, replaced by {state.all_rolled[name]['current']['id']}"
                )
        state.superseded.update(left)
        return {"changed": result["changed"], "retired": result["retired"]}

    # What is no longer declared

    def _note_undeclared(self, state: State) -> None:
        """Once all batches of hosts have been read. What --limit left out is not known to be undeclared."""
        state.everything.update({slot["description"]: slot for slot in state.slots})
        if "ansible_limit" in self._task_vars or set(self._task_vars["ansible_play_hosts_all"]) - set(state.confirmed):
            return
        live = [slot for account in accounts() for slot in account.all_generations()]
        owner, prune = state.settings["access_tokens_owner"], state.settings["access_tokens_prune"]
        state.undeclared = undeclared(live, owner, rollout.names(list(state.everything.values())))
        line = "" if prune else notice(state.undeclared, owner)
        if line:
            display.display(line)

    def _prune(self, state: State) -> Values:
        """Revoke them, with the guards of the module."""
        if not (state.undeclared and state.settings["access_tokens_prune"]):
            return {"changed": False}
        options = to_prune(list(state.everything.values()), None if state.keeper == STORE else state.held)
        result = self._call_whole(options, state, apply=not self._task.check_mode)
        for name in result["pruned"]:
            display.display(f"{name}: pruned, no host declares it")
        return {"changed": result["changed"], "pruned": result["pruned"]}
