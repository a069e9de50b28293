# Copyright (c) 2026, the ellipsis.drive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API of AWX on loopback, for awx.awx: objects with names, as strict as `rules`."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ansible_collections.ellipsis.drive.tests.double import Answer

from . import rules

PREFIX = "/api/v2/"
Record = dict[str, Any]
ENCRYPTED = "$encrypted$"
UNIQUE = {
    **dict.fromkeys(("organizations", "execution_environments"), ("name",)),
    "credential_types": ("name", "kind"),
    **dict.fromkeys(("projects", "job_templates", "inventories"), ("name", "organization")),
    "credentials": ("name", "organization", "credential_type"),
    "schedules": ("name", "unified_job_template"),
}


class Refused(Exception):
    """What AWX does not accept."""

    status = 400


class Forbidden(Refused):
    status = 403


class Awx:
    """project: the folder that every project turns out to hold. token: what a client has to show."""

    def __init__(self, project: Path, token: str) -> None:
        self.project, self.token = project, token
        self.writes: list[str] = []
        self._tables: dict[str, dict[int, Record]] = {}
        self._last = 0
        self._guard = Lock()
        for table, name in (("organizations", "Default"), ("organizations", "Acme"), ("inventories", "Tile servers")):
            self._create(table, {"name": name})
        machine = self._create(
            "credential_types", {"name": "Machine", "kind": "ssh", "inputs": {"fields": []}, "injectors": {}}
        )
        for name in ("SSH", "Other SSH"):
            self._create("credentials", {"name": name, "kind": "ssh", "credential_type": machine["id"]})
        self._create("credentials", {"name": "Attached by hand", "kind": "vault", "credential_type": 0})
        self._create("credentials", {"name": "Source control", "kind": "scm", "credential_type": -1})

    def objects(self, table: str) -> dict[str, Record]:
        """What there is of a kind, by name, secrets and all."""
        return {record["name"]: record for record in self._tables.get(table, {}).values()}

    def survey(self, template: int) -> Record:
        return dict(self._tables["job_templates"][template].get("survey", {}))

    def given(self, template: int) -> list[tuple[Record, Record]]:
        """What a job of a job template is given: types of credentials, with the values of their fields."""
        held = (
            self._tables["credentials"][number] for number in self._tables["job_templates"][template]["credentials"]
        )
        return [
            (self._tables["credential_types"][each["credential_type"]], each["inputs"])
            for each in held
            if "inputs" in each
        ]

    def respond(self, method: str, path: str, headers: Message, body: Record) -> Answer:
        if headers["Authorization"] != f"Bearer {self.token}":
            return 401, Record(detail="Authentication credentials were not provided.")
        return self.answer(method, path, body)

    def answer(self, method: str, url: str, body: Record) -> Answer:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        path = [
            int(part) if part.isdecimal() else part for part in parts.path.removeprefix(PREFIX).strip("/").split("/")
        ]
        with self._guard:
            if method != "GET":
                self.writes.append(f"{method} {parts.path.removeprefix(PREFIX)}")
            try:
                return self._route(method, path, query, body)
            except Refused as refusal:
                return refusal.status, {"detail": [str(refusal)]}

    def _route(self, method: str, path: list[Any], query: Mapping[str, str], body: Record) -> Answer:
        status, answer = 404, Record(detail="Not found.")
        match method, path:
            case "GET", [str() as table]:
                status, answer = 200, self._listed(table, query)
            case "POST", [str() as table]:
                status, answer = 201, self._shown(self._create(table, body))
            case _, [str() as table, int() as number]:
                status, answer = self._one(method, table, number, body)
            case "POST", ["projects", int() as number, "update"]:
                update = self._synced(number)
                status, answer = 202, {"id": update, "status": "new", "url": f"{PREFIX}project_updates/{update}/"}
            case _, ["job_templates", int() as number, "survey_spec"]:
                status, answer = 200, self._survey(method, self._tables["job_templates"][number], body)
            case _, ["job_templates", int() as number, "credentials"]:
                status, answer = self._attached(method, self._tables["job_templates"][number], body)
        return status, answer

    def _one(self, method: str, table: str, number: int, body: Record) -> Answer:
        if method == "DELETE":
            del self._tables[table][number]
            return 204, {}
        record = self._update(table, number, body) if method == "PATCH" else self._tables[table][number]
        return 200, self._shown(record)

    def _listed(self, table: str, query: Mapping[str, str]) -> Record:
        records = self._tables.get("job_templates" if table == "unified_job_templates" else table, {}).values()
        filters = {key: value for key, value in query.items() if not key.startswith("or__") and key != "page_size"}
        either = {key.removeprefix("or__"): value for key, value in query.items() if key.startswith("or__")}
        fitting = [
            record
            for record in records
            if all(self._field(record, key) == value for key, value in filters.items())
            and (not either or any(self._field(record, key) == value for key, value in either.items()))
        ]
        return {"count": len(fitting), "next": None, "results": [self._shown(record) for record in fitting]}

    def _field(self, record: Record, key: str) -> str:
        """A field, or with C(__) one of the object that a field names."""
        field, _sep, further = key.partition("__")
        if further:
            record = self._tables.get(f"{field}s", {}).get(record.get(field, 0), {})
        return str(record.get(further or field))

    def _create(self, table: str, body: Record) -> Record:
        self._last += 1
        url = f"{PREFIX}{table}/{self._last}/"
        record = {**body, "id": self._last, "url": url, "type": table, "summary_fields": {}}
        record["related"] = {"survey_spec": f"{url}survey_spec/", "update": f"{url}update/"}
        self._check(table, record)
        self._tables.setdefault(table, {})[self._last] = record
        if table == "projects":
            record["scm_revision"] = "r1"
        return record

    def _update(self, table: str, number: int, body: Record) -> Record:
        record = self._tables[table][number]
        if table == "credentials" and "inputs" in body:
            # All inputs are replaced, but for what a client sends back as it was shown.
            before = record.get("inputs", {})
            inputs = {key: before[key] if value == ENCRYPTED else value for key, value in body["inputs"].items()}
            body = {**body, "inputs": inputs}
        self._check(table, {**record, **body})
        record.update(body)
        return record

    def _check(self, table: str, record: Record) -> None:
        unique = UNIQUE.get(table, ())
        if table == "credential_types" and self._in_use(record):
            raise Forbidden("Modifications to inputs are not allowed for credential types that are in use")
        complaints = [
            f"{table} with this {', '.join(unique)} already exists"
            for each in self._tables.get(table, {}).values()
            if unique and each["id"] != record["id"] and all(each.get(key) == record.get(key) for key in unique)
        ]
        if table == "credential_types":
            complaints += rules.type_complaints(record["inputs"], record["injectors"])
        elif table == "credentials" and "credential_type" in record:
            kind = self._tables["credential_types"].get(record["credential_type"], {"inputs": {"fields": []}})
            complaints += rules.credential_complaints(kind["inputs"], record.get("inputs", {}))
        elif table == "job_templates" and record["playbook"] not in rules.playbooks(self.project):
            complaints += [f"{record['playbook']}: playbook not found for project"]
        if complaints:
            raise Refused("; ".join(complaints))

    def _in_use(self, record: Record) -> bool:
        """Whether there are credentials of a type whose fields would change."""
        before = self._tables.get("credential_types", {}).get(record["id"], record)
        credentials = self._tables.get("credentials", {}).values()
        return before["inputs"] != record["inputs"] and any(
            each["credential_type"] == record["id"] for each in credentials
        )

    def _shown(self, record: Record) -> Record:
        """A record as clients get it: with the secrets of a credential out of sight, and never without a field of its table."""
        if "credential_type" in record:
            record = {"kind": "cloud", **record}
        if "credential_type" not in record or "inputs" not in record:
            return record
        fields = self._tables["credential_types"][record["credential_type"]]["inputs"]["fields"]
        secret = {field["id"] for field in fields if field.get("secret")}
        inputs = {name: ENCRYPTED if name in secret else value for name, value in record["inputs"].items()}
        return {**record, "inputs": inputs}

    def _synced(self, number: int) -> int:
        revision = self._tables["projects"][number]["scm_revision"]
        done = {"name": "update", "status": "successful", "finished": True, "failed": False, "scm_revision": revision}
        return int(self._create("project_updates", done)["id"])

    def _survey(self, method: str, template: Record, body: Record) -> Record:
        if method == "POST":
            if complaints := rules.survey_complaints(body):
                raise Refused("; ".join(complaints))
            template["survey"] = body
        return dict(template.get("survey", {}))

    def _attached(self, method: str, template: Record, body: Record) -> Answer:
        attached = template.setdefault("credentials", [])
        if method == "GET":
            shown = [self._shown(self._tables["credentials"][number]) for number in attached]
            return 200, {"count": len(attached), "next": None, "results": shown}
        if body.get("disassociate"):
            attached.remove(body["id"])
        else:
            new = self._tables["credentials"][body["id"]]
            if new.get("kind") != "vault" and new["credential_type"] in (
                self._tables["credentials"][number]["credential_type"] for number in attached
            ):
                raise Refused("Cannot assign multiple credentials of one type.")
            attached.append(body["id"])
        return 204, {}
