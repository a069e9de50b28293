# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The core of the module ellipsis_access_token_info: from validated options to its result."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import asdict

from .._account.account import Account
from .._account.secret_store import SecretStore
from .._account.verification import LEVELS, Probe, Prober, failures, sentence
from .._api.connection import CONNECTION_SPEC
from .._model.audit import SEVERITIES, Evidence, Finding, audit, name_of, summary
from .._model.durations import parse_duration
from .._model.errors import OptionError
from .._model.tokens import ListedToken, format_date
from .info_filters import FILTERS_SPEC, filters_of
from .options import ACCESS_TOKEN_SPEC
from .result import Result, listed_token
from .task_context import Context, Params

_STORE_OPTIONS = ("store", "store_vault_id", "store_plaintext")
SPEC: dict[str, t.Any] = {
    **CONNECTION_SPEC,
    **{option: ACCESS_TOKEN_SPEC[option] for option in (*_STORE_OPTIONS, "verify_timeout")},
    **FILTERS_SPEC,
    "warn_within": {"type": "str", "default": "7d"},
    "overdue_after": {"type": "str", "default": "2d"},
    "check_paths": {"type": "bool", "default": False},
    "verify": {"type": "str", "choices": list(LEVELS), "default": "none"},
    "fail_on": {"type": "list", "elements": "str", "choices": list(SEVERITIES), "default": []},
}


def run(params: Params, context: Context) -> Result:
    """The live tokens that pass every filter, and what deserves attention about them. Nothing is ever written."""
    filters, account = filters_of(params), context.account
    soon, overdue = (parse_duration(option, params[option]) for option in ("warn_within", "overdue_after"))
    secret_store = _secret_store(params, context)
    earlier = Counter(account.client.calls)
    tokens, now = tuple(sorted(account.tokens(), key=_order)), account.now()
    if filters.path_id:
        _warn_of_unreadable(tokens, account)
    secrets = secret_store.secrets() if secret_store else {}
    found = [token for token in tokens if filters.pass_(token, now, secrets.get(token.id))]
    names, root = _look_at_paths(found, account) if params["check_paths"] else ({}, frozenset())
    missing = frozenset(path_id for path_id, name in names.items() if name is None)
    ids = {token.id for token in found}
    everything = audit(Evidence(tokens, now, soon, overdue, missing, root, secrets if secret_store else None))
    findings = [finding for finding in everything if finding.token_id in ids]
    tried = _try(params, found, account, secrets)
    findings += [_about(token, probe) for token, probe in tried if failures([probe], params["verify"])]
    calls = account.client.calls - earlier
    result = {
        "changed": False,
        "listed_at": format_date(now),
        "account": _account(params),
        "access_tokens": [listed_token(token, secrets.get(token.id)) for token in found],
        "paths": {path_id: name for path_id, name in names.items() if name},
        "findings": [{**asdict(finding), "severity": finding.severity} for finding in findings],
        "summary": {"tokens": len(found), **summary(findings)},
        "verified": [{"token_id": token.id, **asdict(probe)} for token, probe in tried],
        "api_calls": {"list": calls["list"], "verify": calls["verify"], "path": calls["path"]},
    }
    return _gate(result, findings, params["fail_on"])


def _account(params: Params) -> Result:
    """Whose tokens these are, as far as the options tell."""
    return {option: params[option] for option in ("api_url", "username", "organization_id", "owner")}


def _gate(result: Result, findings: t.Iterable[Finding], fail_on: t.Collection[str]) -> Result:
    """The result, failed when it holds a finding that must not be."""
    fatal = [finding for finding in findings if finding.finding in fail_on]
    if fatal:
        listed = "; ".join(f"{each.description!r} ({each.token_id}): {each.finding}. {each.message}" for each in fatal)
        result.update(failed=True, msg=f"{len(fatal)} findings that fail_on names: {listed}")
    return result


def _secret_store(params: Params, context: Context) -> SecretStore | None:
    if params["store"] is None:
        if params["verify"] != "none":
            raise OptionError("verify: needs store, since a token can only be tried with its secret")
        return None
    return context.store({**params, "backup": False})


def _look_at_paths(tokens: t.Iterable[ListedToken], account: Account) -> tuple[dict[str, str | None], frozenset[str]]:
    """The names of the paths of these tokens, None for those that are not there, and what lies directly in the drive."""
    paths = {grant.path_id for token in tokens for grant in token.access_list or ()}
    names = {path_id: None if view is None else view.name for path_id, view in account.tree.views(paths).items()}
    root = account.tree.folders(["myDrive"])["myDrive"]
    return names, frozenset(view.id for view in root.children)


def _try(
    params: Params, tokens: t.Iterable[ListedToken], account: Account, secrets: t.Mapping[str, str]
) -> list[tuple[ListedToken, Probe]]:
    """Use the tokens whose secrets are in the store."""
    tried: list[tuple[ListedToken, Probe]] = []
    for token in tokens if params["verify"] != "none" else ():
        secret = secrets.get(token.id)
        if secret is None:
            continue
        if token.access_list is None:
            account.warn(f"The server does not say what {name_of(token)!r} may access, so it can't be tried.")
            continue
        prober = Prober(account.client, secret, timeout=params["verify_timeout"])
        probes = prober.run(token.access_list, token.scope or "all", params["verify"])
        tried.extend((token, probe) for probe in probes)
    return tried


def _about(token: ListedToken, probe: Probe) -> Finding:
    return Finding("verify_failed", token.id, name_of(token), f"It {sentence(probe)}.")


def _warn_of_unreadable(tokens: t.Iterable[ListedToken], account: Account) -> None:
    unreadable = sum(token.access_list is None for token in tokens)
    if unreadable:
        account.warn(f"The server does not say what {unreadable} of the tokens may access; path_id leaves those out.")


def _order(token: ListedToken) -> tuple[str, float, str]:
    return (token.description, token.created_at or 0.0, token.id)
