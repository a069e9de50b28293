# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts declare: read against the specification of the role, and every fault of every host said at once. Pure.

A slot is an entry of the variable access_tokens with the defaults that hold for all of them.
"""

from __future__ import annotations

import difflib
import functools
import json
import typing as t
from dataclasses import dataclass

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.module_utils._modules.options import ACCESS_TOKEN_SPEC, desired_of
from ansible_collections.ellipsis.drive.plugins.plugin_utils._rollout.formats import TELLING, TEMPLATE

Values = dict[str, t.Any]
Faults = t.Iterator[str]
# Variables that the role and the tasks of users set.
_NOT_OPTIONS = ("access_tokens_held", "access_tokens_to_fetch", "access_tokens_to_keep")
# What hosts of one play can't differ in.
COMMON = (
    *("access_tokens_owner", "access_tokens_store", "access_tokens_store_vault_id", "access_tokens_store_plaintext"),
    *("access_tokens_keep_tasks", "access_tokens_fetch_tasks", "access_tokens_take_over", "access_tokens_retire"),
    *("access_tokens_rotate", "access_tokens_prune"),
)


@dataclass(frozen=True)
class Declaration:
    """What one host declares. slots: each with its deliveries. settings: the other variables of the role."""

    slots: t.Sequence[Values]
    settings: Values

    @property
    def present(self) -> list[Values]:
        """The slots that are wanted."""
        return [slot for slot in self.slots if is_present(slot)]


def is_present(slot: Values) -> bool:
    """Whether a slot is wanted."""
    return bool(slot.get("state", "present") == "present")


def read(variables: Values, options: Values) -> tuple[Declaration | None, list[str]]:
    """The declaration in the variables of a host, or what is wrong with them. options: the specification of the role."""
    faults = list(_strangers(variables, options))
    given = {name: value for name, value in variables.items() if name in options and value not in (None, "")}
    shallow = {
        name: {key: each for key, each in option.items() if key != "options"} for name, option in options.items()
    }
    outcome = ArgumentSpecValidator(shallow).validate(given)
    faults.extend(outcome.error_messages)
    if outcome.error_messages:
        return None, faults
    settings = t.cast(Values, outcome.validated_parameters)
    entry_options = options["access_tokens"]["options"]
    slots, names = [], []
    for number, entry in enumerate(settings["access_tokens"]):
        slot = {"overlap": settings["access_tokens_overlap"], **settings["access_tokens_defaults"], **entry}
        where = f"access_tokens[{number}]" + (f" {slot['description']!r}" if slot.get("description") else "")
        found = list(_problems(slot, entry_options)) or list(_value_problems(_key(slot)))
        faults.extend(f"{where}: {fault}" for fault in found)
        slots.append(slot if found else _typed(slot, entry_options))
        names.append(slot.get("description"))
    faults.extend(
        f"access_tokens: {name!r} is there twice; put all of deliver into one entry"
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    )
    return (None if faults else Declaration(slots, settings)), faults


def _typed(slot: Values, options: Values) -> Values:
    """A slot without faults, with the types and defaults of its options; what is not set is left out."""
    typed = ArgumentSpecValidator(options).validate(slot).validated_parameters
    deliveries = [
        {name: value for name, value in each.items() if value is not None} for each in typed.pop("deliver") or ()
    ]
    return {**{name: value for name, value in typed.items() if value is not None}, "deliver": deliveries}


def _strangers(variables: Values, options: Values) -> Faults:
    known = {*options, *_NOT_OPTIONS}
    for name in sorted(set(variables) - known):
        near = difflib.get_close_matches(name, options, 1)
        yield f"{name}: no such variable" + (f"; did you mean {near[0]}?" if near else "; see ansible-doc -t role")


def _problems(entry: Values, options: Values, where: str = "") -> Faults:
    """What is wrong with a mapping, by the names and types of its options."""
    yield from _name_problems(entry, options, where)
    known = {name: value for name, value in entry.items() if name in options and value is not None}
    shallow = {
        name: {key: options[name][key] for key in ("type", "elements", "choices") if key in options[name]}
        for name in known
    }
    outcome = ArgumentSpecValidator(shallow).validate(known)
    if outcome.error_messages:
        yield from (f"{where}{message}" for message in outcome.error_messages)
        return
    for number, delivery in enumerate(outcome.validated_parameters.get("deliver") or ()):
        yield from _problems(delivery, options["deliver"]["options"], f"deliver[{number}].")
    if entry.get("format") == TEMPLATE and "src" in options and not entry.get("src"):
        yield f"{where}src: is missing; format=template needs the template"


def _name_problems(entry: Values, options: Values, where: str) -> Faults:
    for name in sorted(set(entry) - set(options)):
        near = difflib.get_close_matches(name, options, 1)
        yield f"{where}{name}: no such option; " + (
            f"did you mean {near[0]}?" if near else f"write {', '.join(options)}"
        )
    for name, option in options.items():
        if option.get("required") and entry.get(name) in (None, ""):
            yield f"{where}{name}: is missing"


def _key(slot: Values) -> str:
    return json.dumps({name: value for name, value in slot.items() if name != "deliver"}, sort_keys=True, default=str)


@functools.cache  # hosts mostly declare the same
def _value_problems(key: str) -> tuple[str, ...]:
    """What the module would say of the values."""
    outcome = ArgumentSpecValidator(ACCESS_TOKEN_SPEC).validate(json.loads(key))
    if outcome.error_messages:
        return tuple(outcome.error_messages)
    try:
        desired_of(outcome.validated_parameters)
    except OptionError as exc:
        return (str(exc),)
    return ()


def gathered(declarations: t.Mapping[str, Declaration]) -> tuple[list[Values], list[str]]:
    """The slots of all hosts, once each and without deliveries, and where hosts contradict each other."""
    slots: dict[str, Values] = {}
    origin: dict[str, str] = {}
    faults = []
    first = next(iter(declarations), "")
    for host, what in declarations.items():
        common = declarations[first].settings
        differing = [name for name in COMMON if what.settings.get(name) != common.get(name)]
        if differing:
            faults.append(f"{first} and {host} differ in {', '.join(differing)}; put them into different plays")
        for slot in what.slots:
            name, bare = slot["description"], {key: value for key, value in slot.items() if key != "deliver"}
            other = slots.setdefault(name, bare)
            keys = sorted(key for key in {*bare, *other} if bare.get(key) != other.get(key))
            if keys:
                faults.append(
                    f"{origin[name]} and {host} declare {name!r} with different {named(keys)}; make them equal, or use "
                    "different descriptions"
                )
            origin.setdefault(name, host)
    return list(slots.values()), faults


def files_that_tell(declaration: Declaration) -> tuple[list[Values], list[str]]:
    """The first file of each slot that tells the id, where nothing else keeps the secrets; every slot must have one."""
    files, faults = [], []
    for slot in declaration.present:
        fitting = [each for each in slot["deliver"] if each["format"] in TELLING]
        if fitting:
            files.append({**fitting[0], "description": slot["description"]})
        else:
            faults.append(
                f"access_tokens: nothing keeps the secret of {slot['description']!r}; add a delivery in the format "
                f"{', '.join(TELLING)}, or set access_tokens_store or access_tokens_keep_tasks"
            )
    return files, faults


def sentences(faults: t.Mapping[str, t.Sequence[str]]) -> str:
    """The faults of all hosts; one that many hosts have is said once."""
    hosts: dict[str, list[str]] = {}
    for host, found in faults.items():
        for fault in found:
            hosts.setdefault(fault, []).append(host)
    return " ".join(f"{_some(names)}: {fault.removesuffix('.')}." for fault, names in hosts.items()).replace("?.", "?")


def _some(hosts: t.Sequence[str]) -> str:
    return ", ".join(hosts) if len(hosts) <= 3 else f"{hosts[0]} and {len(hosts) - 1} more"


def named(names: t.Sequence[str]) -> str:
    """A few names, and how many more."""
    shown = ", ".join(map(repr, names[:3]))
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
