# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tests can notice a change of a file: those that import it by themselves, and then those that reach it at all."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PACKAGE = "ansible_collections.ellipsis.drive"
_WHERE = ("tests/unit", "tests/laws")


def near(file: str) -> list[str]:
    """Test files that name the changed file in an import, themselves or through helpers of tests."""
    return [test for test in _tests() if file in _reached(test, through="tests/")]


def far(file: str) -> list[str]:
    """The other test files that come to run the changed file."""
    nearer = near(file)
    return [test for test in _tests() if test not in nearer and file in _reached(test, through="")]


@functools.cache
def _tests() -> tuple[str, ...]:
    files = (path for folder in _WHERE for path in sorted((ROOT / folder).rglob("test_*.py")))
    return tuple(str(path.relative_to(ROOT)) for path in files)


@functools.cache
def _reached(test: str, *, through: str) -> frozenset[str]:
    """All files that are imported from a test by way of files whose path starts so."""
    seen: set[str] = set()
    waiting = [test]
    while waiting:
        for found in _imported(waiting.pop()):
            if found not in seen:
                seen.add(found)
                waiting.extend([found] if found.startswith(through) else [])
    return frozenset(seen)


@functools.cache
def _imported(file: str) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(file, node)
            names.update((module, *(f"{module}.{alias.name}" for alias in node.names)))
    ours = (name.removeprefix(f"{_PACKAGE}.").replace(".", "/") for name in names if name.startswith(f"{_PACKAGE}."))
    candidates = (f"{path}{end}" for path in ours for end in (".py", "/__init__.py"))
    return frozenset(each for each in candidates if (ROOT / each).is_file())


def _absolute(file: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    folder = Path(file).parts[: -node.level]
    return ".".join([_PACKAGE, *folder, *([node.module] if node.module else [])])
