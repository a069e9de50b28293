# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which small changes there are in a file: the operators of cosmic-ray, and dropping a statement."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from pathlib import Path
from typing import Any

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names

# Arithmetic is rare here, and | stands in annotations, which nothing evaluates. Decorators are those of dataclasses.
_LEFT_OUT = ("BinaryOperator", "RemoveDecorator", "Variable", "Invert", "UAdd")
_TRIES = 50


class DropStatement(Operator):
    """Replace a call, an assignment, a raise or a return by C(pass). Docstrings stay, and so does the last return of a function, which
    mypy would miss.
    """

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        """Where the node is one such statement."""
        call = node.type == "atom_expr" and node.parent.type == "simple_stmt"
        statement = call or node.type in ("raise_stmt", "return_stmt") or self._is_assignment(node)
        if statement and not self._is_last_return(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """The statement that does nothing."""
        return parso.python.tree.Keyword("pass", node.start_pos, prefix=node.get_first_leaf().prefix)

    @classmethod
    def examples(cls) -> tuple[()]:
        """cosmic-ray tests its own operators by these."""
        return ()

    @staticmethod
    def _is_assignment(node: Any) -> bool:
        return node.type == "expr_stmt" and parso.python.tree.search_ancestor(node, "funcdef") is not None

    @staticmethod
    def _is_last_return(node: Any) -> bool:
        function = parso.python.tree.search_ancestor(node, "funcdef")
        return bool(node.type == "return_stmt" and function.end_pos == node.parent.end_pos)


@dataclass(frozen=True)
class Change:
    """One changed file. file: its path in the checkout. after: its whole text."""

    file: str
    before: str
    after: str

    @property
    def diff(self) -> str:
        """The lines that differ, each with its sign."""
        lines = unified_diff(self.before.splitlines(), self.after.splitlines(), lineterm="", n=0)
        return "\n".join(line for line in lines if line[:3] not in ("---", "+++") and not line.startswith("@@"))

    @property
    def lines(self) -> range:
        """The numbers of the lines that it replaces."""
        before, after = self.before.splitlines(), self.after.splitlines()
        parts = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        changed = [(start, end) for tag, start, end, _from, _to in parts if tag != "equal"]
        return range(changed[0][0] + 1, max(changed[-1][1], changed[0][0] + 1) + 1)


def operators() -> list[Any]:
    """All that are of use here."""
    names = [name for name in operator_names() if not any(part in name for part in _LEFT_OUT)]
    return [get_operator(name)() for name in names] + [DropStatement()]


def change(file: Path, root: Path, rng: random.Random) -> Change | None:
    """A change of a file, each place as likely as any other; None when it has no place for one."""
    before = file.read_text(encoding="utf-8")
    places: dict[Any, list[tuple[Any, int]]] = {}
    tree = list(ast_nodes(get_ast(before)))
    for operator in operators():
        positions = (position for node in tree for position in operator.mutation_positions(node))
        for number, position in enumerate(positions):
            places.setdefault(position, []).append((operator, number))
    for _try in range(_TRIES if places else 0):
        operator, number = rng.choice(places[rng.choice(sorted(places))])
        after = mutate_code(before, operator, number)
        made = Change(str(file.relative_to(root)), before, after or before)
        # What a decorator of a dataclass forbids is forbidden by mypy.
        if made.after != before and not made.diff.startswith("-@") and _compiles(made.after):
            return made
    return None


def _compiles(text: str) -> bool:
    try:
        compile(text, "changed", "exec")
    except SyntaxError:
        return False
    return True
