# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The findings about an account as a page, a table for spreadsheets, JSON, and metrics (pure).

Descriptions are written by whoever may make tokens in the account, so none of them is trusted: not as HTML, not as a
formula, not as text that is free of secrets.
"""

from __future__ import annotations

import csv
import io
import json
import re
import typing as t

from ansible_collections.ellipsis.drive.plugins.module_utils._api.errors import scrub
from ansible_collections.ellipsis.drive.plugins.module_utils._model.errors import OptionError
from ansible_collections.ellipsis.drive.plugins.plugin_utils._report.metrics import metrics
from ansible_collections.ellipsis.drive.plugins.plugin_utils._report.page import page

Audited = t.Mapping[str, t.Any]
_KEYS = ("listed_at", "account", "access_tokens", "paths", "findings", "summary", "verified")
_COLUMNS = (
    "description",
    "owner",
    "id",
    "managed",
    "created_at",
    "expires_at",
    "valid_for",
    "scope",
    "access",
    "findings",
)
# Control characters, what overrides the direction of text, and halves of surrogate pairs.
_UNFIT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# What a spreadsheet takes for the start of a formula, wide forms included.
_FORMULA = (
    *"=+-@\N{MINUS SIGN}",
    *"\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}",
)


def report(audited: t.Any, form: str, title: str) -> str:
    """What ellipsis_access_token_info returned, in one of FORMS; OptionError is for the user."""
    if form not in FORMS:
        raise OptionError(f"{form!r} is not a form of reports; use one of {', '.join(FORMS)}")
    missing = [key for key in _KEYS if not isinstance(audited, t.Mapping) or key not in audited]
    if missing:
        raise OptionError(
            f"the input has no {', '.join(missing)}; register a task with ellipsis_access_token_info, and hand that over"
        )
    return FORMS[form]({key: _clean(audited[key]) for key in _KEYS}, _clean(title))


def access_in_words(access_list: t.Sequence[t.Mapping[str, t.Any]] | None, names: t.Mapping[str, str]) -> str:
    """Which tier on which paths, in one line. names: by id, as far as they are known."""
    if access_list is None:
        return "not told by the server"
    return ", ".join(f"{each['access_tier']} {_place(each['path_id'], names)}{_fences(each)}" for each in access_list)


def _place(path_id: str, names: t.Mapping[str, str]) -> str:
    return f"{names[path_id]} ({path_id})" if names.get(path_id) else path_id


def _fences(grant: t.Mapping[str, t.Any]) -> str:
    fenced = [name for name in ("geo_fence", "property_fence") if grant.get(name)]
    return f" ({' and '.join(fenced)})" if fenced else ""


def _clean(value: t.Any) -> t.Any:
    """The same without secrets in texts, and without characters that break files or turn the order of what is read."""
    if isinstance(value, str):
        return scrub(_UNFIT.sub("\N{REPLACEMENT CHARACTER}", value))
    if isinstance(value, t.Mapping):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list) else value


def _json(audited: Audited, title: str) -> str:
    return json.dumps({"title": title, **audited}, ensure_ascii=False, indent=2) + "\n"


def _csv(audited: Audited, _title: str) -> str:
    """With a byte order mark, or spreadsheets take it for the encoding of some country."""
    text = io.StringIO("\N{ZERO WIDTH NO-BREAK SPACE}", newline="")
    text.seek(0, io.SEEK_END)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(_COLUMNS)
    found: dict[str, list[str]] = {}
    for finding in audited["findings"]:
        found.setdefault(finding["token_id"], []).append(finding["finding"])
    for token in audited["access_tokens"]:
        more = {
            "access": access_in_words(token["access_list"], audited["paths"]),
            "findings": ", ".join(found.get(token["id"], ())),
        }
        writer.writerow([_cell({**token, **more}[column]) for column in _COLUMNS])
    return text.getvalue()


def _cell(value: t.Any) -> str:
    """Text that no spreadsheet calculates: an apostrophe in front keeps it text."""
    if value is None or isinstance(value, bool):
        return "" if value is None else "yes" if value else "no"
    return f"'{value}" if value.lstrip().startswith(_FORMULA) else str(value)


FORMS: t.Mapping[str, t.Callable[[Audited, str], str]] = {"html": page, "json": _json, "csv": _csv, "prom": metrics}
