# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which small changes there are in a file: the operators of cosmic-ray, and dropping a statement."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from pathlib import Path
from typing import Any

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names

# Arithmetic is rare here, and | stands in annotations, which nothing evaluates.
_LEFT_OUT = ("BinaryOperator", "Variable", "Invert", "UAdd")
# Whether it is an equal value or the very same one matters by accident only, and ruff sees to None and literals.
_LEFT_OUT_AT_THE_END = ("_Eq_Is", "_Is_Eq", "_NotEq_IsNot", "_IsNot_NotEq")


class DropStatement(Operator):
    """Replace a call, an assignment, a raise or a return by C(pass). Docstrings stay."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        """Where the node is one such statement."""
        call = node.type == "atom_expr" and node.parent.type == "simple_stmt"
        if call or node.type in ("raise_stmt", "return_stmt") or self._is_assignment(node):
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


def changes(files: Iterable[Path], root: Path, rng: random.Random) -> Iterator[Change]:
    """All there are, each once, at random: a first one at each place of the files, then a second one where there are more, ..."""
    order: list[tuple[int, float, Path, Operator, int]] = []
    for file in files:
        for possible in _places(file.read_text(encoding="utf-8")).values():
            for turn, (operator, number) in enumerate(rng.sample(possible, len(possible))):
                order.append((turn, rng.random(), file, operator, number))
    seen: set[tuple[str, str]] = set()
    for _turn, _random, file, operator, number in sorted(order, key=lambda each: each[:2]):
        made = _change(file, root, operator, number)
        if made and (made.file, made.after) not in seen:
            seen.add((made.file, made.after))
            yield made


def _places(text: str) -> dict[Any, list[tuple[Operator, int]]]:
    """What can be done at each place: the operator, and which of its positions that is."""
    tree = list(ast_nodes(get_ast(text)))
    places: dict[Any, list[tuple[Operator, int]]] = {}
    for operator in _operators():
        positions = (position for node in tree for position in operator.mutation_positions(node))
        for number, position in enumerate(positions):
            places.setdefault(position, []).append((operator, number))
    return places


def _operators() -> list[Operator]:
    names = (name for name in operator_names() if not any(part in name for part in _LEFT_OUT))
    return [*(get_operator(name)() for name in names if not name.endswith(_LEFT_OUT_AT_THE_END)), DropStatement()]


def _change(file: Path, root: Path, operator: Operator, number: int) -> Change | None:
    before = file.read_text(encoding="utf-8")
    try:
        after = mutate_code(before, operator, number)
    except AttributeError:  # of ExceptionReplacer, which does not know dotted names
        return None
    return Change(str(file.relative_to(root)), before, after) if after and _is_python(after) else None


def _is_python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "changed", "exec")
    except SyntaxError:
        return False
    return True
