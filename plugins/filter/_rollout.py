# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decisions of the role access_tokens as filters, private to it. What they decide is in plugin_utils."""

from __future__ import annotations

DOCUMENTATION = r"""
name: _rollout
short_description: The decisions of the role access_tokens
version_added: 0.1.0
author:
  - ellipsis.drive contributors (@ellipsis-drive)
description:
  - This is a part of the role P(ellipsis.drive.access_tokens#role). It may change or vanish at any time, so don't use it elsewhere.
positional: _input, decision
options:
  _input:
    description: What the decision is about.
    type: raw
    required: true
  decision:
    description: What is to be decided. Other arguments depend on it.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: The slots of a host
  ansible.builtin.debug:
    msg: "{{ access_tokens | ellipsis.drive._rollout('declared', {}, '1h') }}"
"""

RETURN = r"""
_value:
  description: The decision.
  type: raw
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._controller.plain_values import plain
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout import host_files as _host_files
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout import rollout as _rollout
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout import rollout_end as _rollout_end

Values = dict[str, t.Any]


class _Hosts:
    """What the role noted on each host of the play, by host; hosts where it did not come that far are left out."""

    def __init__(self, hostvars: t.Any, names: t.Sequence[str]) -> None:
        self._hostvars, self._names = hostvars, names

    def __getattr__(self, fact: str) -> Values:
        found = ((name, self._hostvars[name].get(f"__access_tokens_{fact}")) for name in self._names)
        return {name: plain(value) for name, value in found if value is not None}

    def confirmed_in(self, role: str) -> dict[str, dict[str, str]]:
        """What hosts confirmed in this play. Facts outlive it, and hosts that have not had their turn have older ones."""
        return {name: by_role[role] for name, by_role in self.confirmed.items() if role in by_role}


def _gathered(hostvars: t.Any, hosts: t.Sequence[str]) -> list[Values]:
    return _rollout.gathered(_Hosts(hostvars, hosts).published)


def _held(hostvars: t.Any, hosts: t.Sequence[str], whole_play: t.Sequence[str], role: str, fetched: Values) -> Values:
    """What these hosts have in files, what was fetched, and what earlier batches of hosts were given in this run."""
    results = [result for each in _Hosts(hostvars, hosts).read.values() for result in each["results"]]
    files = [(each["access_tokens_delivery"], each.get("content") or "") for each in results]
    play = _Hosts(hostvars, whole_play)
    confirmed = play.confirmed_in(role)
    given = [
        (name, each["current"])
        for host, rolled in play.rollout.items()
        for name, each in rolled.items()
        if confirmed.get(host, {}).get(name) == each["current"]["id"]
    ]
    told = ((file["description"], _host_files.told(file, content)) for file, content in files)
    return _host_files.newest([*told, *plain(fetched).items(), *given])


def _to_mint(
    hostvars: t.Any,
    whole_play: t.Sequence[str],
    slots: t.Sequence[Values],
    held: Values,
    in_store: bool,
    rotate: t.Sequence[str],
) -> list[Values]:
    before = _Hosts(hostvars, whole_play).rollout.values()
    return _rollout.to_mint(plain(slots), plain(held), in_store, plain(rotate), before)


def _rolled(minted: Values, held: Values, hostvars: t.Any, whole_play: t.Sequence[str]) -> Values:
    return _rollout.rollout(plain(minted), plain(held), list(_Hosts(hostvars, whole_play).rollout.values()))


def _hosts(
    hostvars: t.Any, whole_play: t.Sequence[str], role: str, here: t.Sequence[str]
) -> dict[str, _rollout_end.Host]:
    play = _Hosts(hostvars, whole_play)
    confirmed, failures = play.confirmed_in(role), play.failure
    return {
        name: _rollout_end.Host(confirmed.get(name), name in here, failures.get(name) if name in here else None)
        for name in whole_play
    }


def _verdict(
    hostvars: t.Any,
    whole_play: t.Sequence[str],
    role: str,
    here: t.Sequence[str],
    minted: Values,
    rolled: Values,
    check_mode: bool,
) -> Values:
    hosts = _hosts(hostvars, whole_play, role, here)
    return _rollout_end.verdict(hosts, plain(minted), plain(rolled), check_mode=check_mode)


def _retirement(
    hostvars: t.Any,
    whole_play: t.Sequence[str],
    role: str,
    slots: t.Sequence[Values],
    minted: Values,
    rolled: Values,
    at_once: bool,
    tracked: bool,
) -> Values:
    hosts = _hosts(hostvars, whole_play, role, ())
    return _rollout_end.retirement(hosts, plain(slots), plain(minted), plain(rolled), at_once=at_once, tracked=tracked)


_OF_HOSTS: dict[str, t.Callable[..., t.Any]] = {
    "gathered": _gathered,
    "held": _held,
    "to_mint": _to_mint,
    "rolled": _rolled,
    "verdict": _verdict,
    "retirement": _retirement,
}
_OF_VALUES: dict[str, t.Callable[..., t.Any]] = {
    "declared": _rollout.declared,
    "telling": _host_files.telling,
    "deliveries": _rollout.deliveries,
    "confirmed": _rollout.confirmed,
    "kept": _rollout.kept,
    "failure": _rollout.failure,
}


def _decide(value: t.Any, decision: str, *arguments: t.Any) -> t.Any:
    try:
        if decision in _OF_HOSTS:
            decided = _OF_HOSTS[decision](value, *arguments)
        else:
            decided = _OF_VALUES[decision](plain(value), *plain(arguments))
    except OptionError as exc:
        raise AnsibleFilterError(str(exc)) from None
    # Templates were evaluated on the way in. Before 2.19 what looks like one would be evaluated again: an answer in a survey, say.
    return wrap_var(decided)


class FilterModule:
    """See the documentation above."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filter by its name."""
        return {"_rollout": _decide}
