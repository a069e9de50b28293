# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX accepts as a credential type, a credential, a survey and a playbook. Every function returns complaints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
FIELD_KEYS = {
    *("id", "label", "type", "help_text", "multiline", "secret", "format", "choices", "ask_at_runtime", "default"),
}
TEXT_ONLY = {"choices", "multiline", "format", "secret"}
# Names that jobs need themselves; AWX leaves such injections out without a word, so they are complained of here.
TAKEN = {"PATH", "PYTHONPATH", "VIRTUAL_ENV", "HOME", "JOB_ID", "INVENTORY_ID", "AWX_HOST", "CACHE"}
ANSWERS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("text", "textarea", "password", "multiplechoice", "multiselect"), str),
    "integer": int,
    "float": (int, float),
}


def type_complaints(inputs: Mapping[str, Any], injectors: Mapping[str, Any]) -> list[str]:
    """About a credential type."""
    fields = list(inputs.get("fields", []))
    names = [field.get("id") for field in fields]
    found = [f"inputs.{key}: unknown" for key in inputs.keys() - {"fields", "required"}]
    found += [f"inputs.required: {name} is no field" for name in inputs.get("required", []) if name not in names]
    found += [f"inputs: {name} twice" for name in set(names) if names.count(name) > 1]
    found += [complaint for field in fields for complaint in _field(field)]
    found += [f"injectors.{key}: unknown" for key in injectors.keys() - {"file", "env", "extra_vars"}]
    return [*found, *_names(injectors), *_templates(names, injectors)]


def _field(field: Mapping[str, Any]) -> Iterator[str]:
    name, kind = str(field.get("id")), field.get("type", "string")
    if not IDENTIFIER.fullmatch(name) or name == "tower":
        yield f"{name}: not a name for a field"
    if kind not in ("string", "boolean") or not isinstance(field.get("label"), str):
        yield f"{name}: needs a label and a type"
    if field.keys() - FIELD_KEYS or (kind == "boolean" and field.keys() & TEXT_ONLY):
        yield f"{name}: keys that such a field can't have"
    if "default" in field:
        yield f"{name}: a default is shown and never injected"
    if field.get("format") == "url":
        yield f"{name}: a format refuses the field when it is empty"


def _names(injectors: Mapping[str, Any]) -> Iterator[str]:
    files = injectors.get("file", {})
    if "template" in files and len(files) > 1:
        yield "injectors.file: template stands alone, several are template.NAME"
    for name in files:
        if not re.fullmatch(rf"template(\.{IDENTIFIER.pattern})?", name):
            yield f"injectors.file.{name}: not a name for a file"
    for name in injectors.get("env", {}):
        if not IDENTIFIER.fullmatch(name) or name.startswith("ANSIBLE_") or name in TAKEN:
            yield f"injectors.env.{name}: refused as a variable"


def _templates(fields: list[Any], injectors: Mapping[str, Any]) -> Iterator[str]:
    files = list(injectors.get("file", {}))
    path: Any = "path" if files == ["template"] else {name.partition(".")[2]: "path" for name in files}
    tower = {"tower": {"filename": path} if files else {}}
    templates = ((kind, *pair) for kind, section in injectors.items() for pair in section.items())
    # Empty as well, since a condition hides what it guards.
    for (kind, name, template), value in product(templates, ("text", "")):
        error = _error(template, dict.fromkeys(fields, value) | tower)
        if error:
            yield f"injectors.{kind}.{name}: {error}"


def _error(template: str, values: Mapping[str, Any]) -> str:
    try:
        ImmutableSandboxedEnvironment(undefined=StrictUndefined).from_string(template).render(values)
    except TemplateError as error:
        return str(error)
    return ""


def credential_complaints(inputs: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    """About a credential of a type with these inputs. What is required is only asked for when a job starts."""
    kinds = {field["id"]: bool if field["type"] == "boolean" else str for field in inputs["fields"]}
    return [
        f"{name}: {'no such field' if name not in kinds else 'of another type'}"
        for name, value in values.items()
        if not isinstance(value, kinds.get(name, ()))
    ]


def survey_complaints(survey: Mapping[str, Any]) -> list[str]:
    questions = survey.get("spec")
    if not isinstance(questions, list) or not questions or not {"name", "description"} <= survey.keys():
        return ["a survey has a name, a description and questions"]
    names = [question.get("variable") for question in questions]
    found = [f"{name} twice" for name in set(names) if names.count(name) > 1]
    return found + [complaint for question in questions for complaint in _question(question)]


def _question(question: Mapping[str, Any]) -> Iterator[str]:
    name, kind, default = str(question.get("variable")), question.get("type"), question.get("default", "")
    if not IDENTIFIER.fullmatch(name) or name.startswith("ansible_"):
        yield f"{name}: not a variable"
    if kind not in ANSWERS or not isinstance(question.get("required"), bool) or not question.get("question_name"):
        yield f"{name}: needs a type, a question_name, and whether it is required"
    elif default != "" and not isinstance(default, ANSWERS[kind]):
        yield f"{name}: the default is no {kind}"
    elif kind == "multiplechoice" and default not in ("", *question.get("choices", [])):
        yield f"{name}: the default is no choice"


def playbooks(project: Path) -> list[str]:
    """The files that AWX offers as playbooks of a project."""
    start = re.compile(r"^\s*-?\s*(hosts|(ansible\.builtin\.)?import_playbook):", re.MULTILINE)
    hidden = {"roles", "tasks", "group_vars", "host_vars"}
    found = (path.relative_to(project) for path in project.rglob("*.yml") if start.search(path.read_text()))
    return sorted(str(path) for path in found if not any(p in hidden or p.startswith(".") for p in path.parts))
