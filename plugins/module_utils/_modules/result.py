# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the return values of tasks. Check mode returns the same keys as a run (law 3)."""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import asdict, dataclass

from .._account.apply import Outcome
from .._account.secret_store import SecretStore
from .._model.access_list import AccessList, describe, spec_of
from .._model.desired import SCOPES, Desired
from .._model.durations import format_duration
from .._model.overlap import Superseded
from .._model.plan import Plan, SlotState, renew_at
from .._model.prune import Decision
from .._model.tokens import Generation, ListedToken, actual_expiry, format_date

Result = dict[str, t.Any]


@dataclass(frozen=True)
class Access:
    """What a token may do, as far as that is known."""

    access_list: AccessList | None = None
    scope: str | None = None

    @property
    def shown(self) -> list[dict[str, t.Any]] | None:
        """In the words of the option O(access_list)."""
        return None if self.access_list is None else [describe(grant) for grant in self.access_list]


def fingerprint(secret: str) -> str:
    """Tells secrets apart without showing them."""
    return f"sha256:{hashlib.sha256(secret.encode()).hexdigest()[:12]}"


def access_of(spec: str | None, desired: Desired, reported: AccessList | None) -> Access:
    """The access that a spec stands for: what is wanted or what is reported, whichever it is the spec of."""
    for access in (Access(desired.access_list, desired.scope), *(Access(reported, scope) for scope in SCOPES)):
        if access.access_list and access.scope and spec == spec_of(access.access_list, access.scope):
            return access
    return Access()


def token_of(generation: Generation | None, desired: Desired, secret: str | None = None) -> Result:
    """RV(access_token) for a slot; without a generation it is the one that will be made."""
    marker = generation.marker if generation else None
    spec = marker.spec if marker else desired.spec
    access = access_of(spec, desired, generation.access_list if generation else None)
    return {
        "id": generation.id if generation else None,
        "description": desired.slot.description,
        "owner": desired.slot.owner,
        "access_list": access.shown,
        "scope": access.scope,
        "created_at": format_date(marker.created) if marker else None,
        "expires_at": format_date(generation.expires_at) if generation else None,
        "valid_for": format_duration(marker.lifetime if marker else desired.lifetime),
        "managed": True,
        "fingerprint": fingerprint(secret) if secret else None,
    }


def listed_token(token: ListedToken, secret: str | None = None) -> Result:
    """RV(access_token) for any listed token: what the server reports, and what the marker says of our own."""
    marker = token.marker
    return {
        "id": token.id,
        "description": marker.slot.description if marker else token.description,
        "owner": marker.slot.owner if marker else None,
        "access_list": Access(token.access_list).shown,
        "scope": token.scope,
        "created_at": format_date(marker.created if marker else token.created_at),
        "expires_at": format_date(actual_expiry(marker, token.expires_at) if marker else token.expires_at),
        "valid_for": format_duration(marker.lifetime) if marker else None,
        "managed": marker is not None,
        "run_only": marker is not None and marker.slot.run_only,
        "fingerprint": fingerprint(secret) if secret else None,
    }


def outcome_result(
    outcome: Outcome, secret_store: SecretStore, calls: t.Mapping[str, int], *, returns_secret: bool
) -> Result:
    """Everything that RETURN of ellipsis_access_token documents."""
    plan = outcome.plan
    secret = _secret(outcome, secret_store)
    result = _result(plan, outcome.changed, calls)
    result["access_token"] = token_of(outcome.current, plan.desired, secret) if plan.desired.present else None
    result.update(_circumstances(outcome))
    if returns_secret and (secret or _will_create(outcome)):
        # Present when there is one, so that using it fails where there is none; null where check mode will make one.
        result["secret"] = secret
    if secret_store.backup_file:
        result["backup_file"] = secret_store.backup_file
    return result


def set_result(
    outcomes: t.Sequence[Outcome], decisions: t.Sequence[Decision], secret_store: SecretStore, *, returns_secrets: bool
) -> Result:
    """Everything that RETURN of ellipsis_access_tokens documents, apart from the calls."""
    pruned = [decision for decision in decisions if decision.revoke]
    good = [outcome for outcome in outcomes if not outcome.error]
    secrets = {outcome.slot.description: _secret(outcome, secret_store) for outcome in good}
    result: Result = {
        "changed": bool(pruned) or any(_was_changed(outcome) for outcome in outcomes),
        "access_tokens": {
            each.slot.description: _set_entry(each, secrets.get(each.slot.description)) for each in outcomes
        },
        "created": [each.slot.description for each in good if _will_create(each)],
        "retired": [each.slot.description for each in good if each.changed and not each.plan.creates],
        "pruned": list(dict.fromkeys(each.generation.marker.slot.description for each in pruned)),
        "unchanged": [each.slot.description for each in good if not each.changed],
        "failures": {each.slot.description: str(each.error) for each in outcomes if each.error},
        "prune_decisions": [_decision(each) for each in decisions],
        "diff": _set_diff(outcomes, pruned),
    }
    if returns_secrets:
        shown = {each.slot.description for each in good if secrets[each.slot.description] or _will_create(each)}
        result["secrets"] = {description: secret for description, secret in secrets.items() if description in shown}
        result["superseded_secrets"] = _superseded_secrets(good, secret_store)
    if secret_store.backup_file:
        result["backup_file"] = secret_store.backup_file
    return result


def call_counts(calls: t.Mapping[str, int]) -> dict[str, int]:
    """RV(api_calls)."""
    return {kind: calls.get(kind, 0) for kind in ("list", "create", "delete", "verify", "path")}


def _set_entry(outcome: Outcome, secret: str | None) -> Result:
    desired = outcome.plan.desired
    token = token_of(outcome.current, desired, secret) if desired.present else {"description": desired.slot.description}
    facts = {"reason": outcome.plan.reason, "changes": list(outcome.plan.changes), **_circumstances(outcome)}
    return {**token, **facts}


def _superseded_secrets(outcomes: t.Iterable[Outcome], secret_store: SecretStore) -> Result:
    """By id, for those that live on and whose secret is still there."""
    found = {}
    for outcome in outcomes:
        for old in (superseded.generation for superseded in outcome.plan.superseded):
            # What was replaced by its name is in an entry of its own still.
            entries = (outcome.slot, old.marker.slot)
            found[old.id] = next(filter(None, (secret_store.superseded_secret(slot, old.id) for slot in entries)), None)
    return {token_id: secret for token_id, secret in found.items() if secret}


def _decision(decision: Decision) -> Result:
    generation = decision.generation
    facts = {"id": generation.id, "description": generation.marker.slot.description}
    return {**facts, "revoke": decision.revoke, "reason": decision.reason}


def _set_diff(outcomes: t.Iterable[Outcome], pruned: t.Iterable[Decision]) -> Result:
    """Only what changes, by description."""
    before: Result = {}
    after: Result = {}
    for outcome in outcomes:
        if outcome.changed and not outcome.error:
            diff = _diff(outcome.plan)
            before[outcome.slot.description], after[outcome.slot.description] = diff["before"], diff["after"]
    for decision in pruned:
        slot = decision.generation.marker.slot
        before[slot.description] = {"description": slot.description, "owner": slot.owner, "state": "live"}
        after[slot.description] = {"description": slot.description, "owner": slot.owner, "state": "absent"}
    return {"before": before, "after": after}


def _was_changed(outcome: Outcome) -> bool:
    return outcome.new is not None or (outcome.changed and not outcome.error)


def _will_create(outcome: Outcome) -> bool:
    """Whether a token was made, or would be in check mode."""
    return outcome.plan.creates and not outcome.lost_race


def _circumstances(outcome: Outcome) -> Result:
    plan, desired = outcome.plan, outcome.plan.desired
    due = renew_at(outcome.current, desired.renew_within) if outcome.current else None
    return {
        "superseded": [_superseded(each, _replacement(outcome), desired.overlap) for each in plan.superseded],
        "renew_at": format_date(due),
        "lost_race": outcome.lost_race,
        "verified": [asdict(probe) for probe in outcome.probes],
    }


def _secret(outcome: Outcome, secret_store: SecretStore) -> str | None:
    """The secret of the current generation: just created, made by an earlier task of this run, or held since earlier."""
    if outcome.new:
        return outcome.new.secret
    if outcome.made:
        return outcome.made.secret
    slot = outcome.plan.desired.slot
    held = outcome.current and secret_store.held(slot).id == outcome.current.id
    return secret_store.secret(slot) if held else None


def revocation_result(plan: Plan, token: ListedToken | None, calls: t.Mapping[str, int]) -> Result:
    """The same keys for a token that was addressed by its id."""
    result = _result(plan, bool(plan.steps), calls)
    result.update(
        access_token=listed_token(token) if token else None, superseded=[], renew_at=None, lost_race=False, verified=[]
    )
    return result


def _result(plan: Plan, changed: bool, calls: t.Mapping[str, int]) -> Result:
    return {
        "changed": changed,
        "reason": plan.reason,
        "changes": list(plan.changes),
        "api_calls": call_counts(calls),
        "diff": _diff(plan),
    }


def _diff(plan: Plan) -> Result:
    reported = plan.current.access_list if plan.current else None
    return {
        "before": _state(plan.before, plan.desired, reported),
        "after": _state(plan.after, plan.desired, reported),
    }


def _replacement(outcome: Outcome) -> Generation | None:
    """The token that this plan made."""
    return outcome.current if outcome.plan.creates else None


def _superseded(superseded: Superseded, replacement: Generation | None, overlap: int) -> Result:
    generation, since = superseded.generation, superseded.since
    if since is None and replacement:
        since = replacement.marker.created
    return {
        "id": generation.id,
        "created_at": format_date(generation.marker.created or None),
        "expires_at": format_date(generation.expires_at),
        "retire_at": None if since is None else format_date(since + overlap),
    }


def _state(state: SlotState, desired: Desired, reported: AccessList | None) -> Result:
    """A side of the diff: what a fresh read can confirm, without ids, dates or fingerprints."""
    shown: Result = {"description": desired.slot.description, "owner": desired.slot.owner, "state": state.status}
    if state.spec is not None and state.lifetime is not None:
        access = access_of(state.spec, desired, reported)
        shown["access_list"] = access.shown or f"not listed by the server (spec {state.spec})"
        shown["scope"] = access.scope
        shown["valid_for"] = format_duration(state.lifetime)
    if state.superseded:
        shown["superseded"] = state.superseded
    if state.replaces:
        shown["replaces"] = list(state.replaces)
    return shown
