# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One top-level key of a YAML text, read and replaced while every other character stays (pure)."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

import yaml

from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import EllipsisError

Plain = t.Any
Root = yaml.MappingNode | yaml.ScalarNode | None
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset({f"{_TAG}str", f"{_TAG}timestamp", f"{_TAG}value"})
_VALUE_TAGS = frozenset({f"{_TAG}int", f"{_TAG}bool", f"{_TAG}float", f"{_TAG}null"})
# More than any entry has: its tokens are one inside the other, as many as may live. An alias can make a value endless.
_DEEPEST = 32
_BOM = "\ufeff"
# The most that LibYAML takes, so that no line is ever folded.
_UNFOLDED = 0x7FFFFFFF
_COMMENT = re.compile(r"[ \t]+#[^\r\n]*")
_LINE_END = re.compile(r"[\r\n]|\Z")


class Unusable(EllipsisError):
    """The text can't be read or edited. The message continues a sentence that starts with the name of the file."""


@dataclass(frozen=True)
class _Pair:
    key: yaml.ScalarNode
    value: yaml.Node


def read_key(text: str, key: str) -> Plain:
    """The value of a top-level key without any tags; None when it has none."""
    pair = _find(_root(text.removeprefix(_BOM)), key)
    return _plain(pair.value, key) if pair else None


def write_key(text: str, key: str, value: dict[str, Plain]) -> str:
    """The text with another value for the key, in the place and style that are there."""
    bom = _BOM if text.startswith(_BOM) else ""
    body = text.removeprefix(_BOM)
    root = _root(body)
    pair = _find(root, key)
    edited = _replace(body, root, pair, value) if pair else _insert(body, root, key, value)
    if not _is_as_meant(edited, root, key, value):
        raise Unusable(f"is written in a way that {key} can't be changed without touching the rest of the file.")
    return bom + edited


def _root(text: str) -> Root:
    """The mapping of the document, or the nothing that stands for it."""
    # Raised outside of the handler: what PyYAML says quotes the text, and the text holds secrets.
    where = ""
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as exc:
        where = f" (line {exc.problem_mark.line + 1})" if exc.problem_mark else where
    except (yaml.YAMLError, RecursionError):
        pass
    else:
        if root is None or isinstance(root, yaml.MappingNode):
            return root
        if isinstance(root, yaml.ScalarNode) and root.tag == f"{_TAG}null":
            return root
        raise Unusable("is not a YAML mapping, so it is no file of variables.")
    raise Unusable(f"is not one YAML document of variables{where}.")


def _find(root: Root, key: str) -> _Pair | None:
    pairs = [_Pair(*pair) for pair in root.value] if isinstance(root, yaml.MappingNode) else []
    found = [pair for pair in pairs if pair.key.value == key]
    if len(found) > 1:
        raise Unusable(f"has {key} twice.")
    pair = next(iter(found), None)
    if pair and pair.value.start_mark.index < pair.key.end_mark.index:
        raise Unusable(f"has a YAML alias as {key}.")
    return pair


def _plain(node: yaml.Node, where: str, depth: int = 0) -> Plain:
    if depth > _DEEPEST:
        raise Unusable(f"nests too deeply in {where}.")
    if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
        result = {_text(key, where): _plain(value, f"{where}.{key.value}", depth + 1) for key, value in node.value}
        if len(result) < len(node.value):
            raise Unusable(f"has an entry twice in {where}.")
        return result
    if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
        return [_plain(item, where, depth + 1) for item in node.value]
    if node.tag in _TEXT_TAGS:
        return node.value
    if node.tag in _VALUE_TAGS:
        return yaml.constructor.SafeConstructor().construct_object(node)
    raise Unusable(f"has a value with the tag {node.tag} in {where}, which only plain values can be in.")


def _text(node: yaml.Node, where: str) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise Unusable(f"has a key that is no text in {where}.")
    return t.cast(str, node.value)


def _replace(text: str, root: Root, pair: _Pair, value: dict[str, Plain]) -> str:
    name, start, end = pair.key.value, pair.key.start_mark, max(pair.key.end_mark.index, _end(pair.value))
    if isinstance(root, yaml.MappingNode) and root.flow_style:
        return text[: start.index] + _flow(name, value) + text[end:]
    block = _block(text, name, value, " " * start.column, _comment(text, pair, end))
    return text[: start.index] + block + text[_line_end(text, end) :]


def _comment(text: str, pair: _Pair, end: int) -> str:
    """The comment on the line of the key, behind its value if that begins there."""
    start = pair.key.end_mark.index
    if pair.value.start_mark.index < _line_end(text, start):
        start = end
    found = _COMMENT.search(text, start, _line_end(text, start))
    return found.group() if found else ""


def _insert(text: str, root: Root, key: str, value: dict[str, Plain]) -> str:
    if isinstance(root, yaml.MappingNode) and root.flow_style:
        brace = text.index("{", root.start_mark.index) + 1
        return f"{text[:brace]}{_flow(key, value)}{', ' if root.value else ''}{text[brace:]}"
    newline, indent, end = _newline(text), "", root.end_mark.index if root else len(text)
    if isinstance(root, yaml.MappingNode):
        start, indent = root.start_mark.index, " " * root.start_mark.column
        if text[end - 1] not in "\r\n":
            # A line end there could become part of the last value.
            return text[:start] + _block(text, key, value, indent) + newline + indent + text[start:]
    block = indent + _block(text, key, value, indent) + newline
    gap = newline if text[:end] and text[end - 1] not in "\r\n" else ""
    return text[:end] + gap + block + text[end:]


def _end(node: yaml.Node) -> int:
    """Where the text of a value ends, also when an alias stands last in it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return max(map(_end, last)) if isinstance(last, tuple) else _end(last)
    return t.cast(int, node.end_mark.index)


def _line_end(text: str, index: int) -> int:
    """The end of the line, before its break; for what ends with breaks, before these."""
    if index and text[index - 1] in "\r\n":
        return len(text[:index].rstrip("\r\n"))
    found = _LINE_END.search(text, index)
    return found.start() if found else len(text)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _flow(key: str, value: dict[str, Plain]) -> str:
    return f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"


def _block(text: str, key: str, value: dict[str, Plain], indent: str, comment: str = "") -> str:
    """The lines of the key, without the indentation of the first and the break of the last."""
    rendered = yaml.dump(
        {key: value}, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, default_flow_style=False, width=_UNFOLDED
    )
    first, *others = rendered.rstrip("\n").split("\n")
    return (_newline(text) + indent).join([first + comment, *others])


def _is_as_meant(text: str, before: Root, key: str, value: dict[str, Plain]) -> bool:
    try:
        return _others(_root(text), key) == _others(before, key) and read_key(text, key) == value
    except Unusable:
        return False


def _others(root: Root, key: str) -> list[str]:
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return [str(name.value) for name, _value in pairs if name.value != key]
