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


class Refused(Exception):
    """What AWX does not accept."""


class Awx:
    """project: the folder that every project turns out to hold. token: what a client has to show."""

    def __init__(self, project: Path, token: str) -> None:
        self.project, self.token = project, token
        self.writes: list[str] = []
        self._tables: dict[str, dict[int, Record]] = {}
        self._last = 0
        self._guard = Lock()
        for table, name in (("organizations", "Default"), ("inventories", "Tile servers"), ("credentials", "SSH")):
            self._create(table, {"name": name})

    def objects(self, table: str) -> dict[str, Record]:
        """What there is of a kind, by name, secrets and all."""
        return {record["name"]: record for record in self._tables.get(table, {}).values()}

    def named(self, table: str, number: int) -> Record:
        return self._tables[table][number]

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
                return 400, {"detail": [str(refusal)]}

    def _route(self, method: str, path: list[Any], query: Mapping[str, str], body: Record) -> Answer:
        status, answer = 404, Record(detail="Not found.")
        match method, path:
            case "GET", [str() as table]:
                status, answer = 200, self._listed(table, query)
            case "POST", [str() as table]:
                status, answer = 201, self._shown(self._create(table, body))
            case "GET", [str() as table, int() as number]:
                status, answer = 200, self._shown(self._tables[table][number])
            case "PATCH", [str() as table, int() as number]:
                status, answer = 200, self._shown(self._update(table, number, body))
            case "POST", ["projects", int() as number, "update"]:
                status, answer = 202, {"url": f"{PREFIX}project_updates/{self._synced(number)}/"}
            case _, ["job_templates", int() as number, "survey_spec"]:
                status, answer = 200, self._survey(method, self._tables["job_templates"][number], body)
            case _, ["job_templates", int() as number, "credentials"]:
                status, answer = self._attached(method, self._tables["job_templates"][number], body)
        return status, answer

    def _listed(self, table: str, query: Mapping[str, str]) -> Record:
        records = self._tables.get("job_templates" if table == "unified_job_templates" else table, {}).values()
        fitting = [r for r in records if all(str(r.get(key)) == value for key, value in query.items())]
        return {"count": len(fitting), "next": None, "results": [self._shown(record) for record in fitting]}

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
        self._check(table, {**self._tables[table][number], **body})
        self._tables[table][number].update(body)
        return self._tables[table][number]

    def _check(self, table: str, record: Record) -> None:
        complaints: list[str] = []
        if table == "credential_types":
            complaints = rules.type_complaints(record["inputs"], record["injectors"])
        elif table == "credentials" and "credential_type" in record:
            kind = self._tables["credential_types"][record["credential_type"]]
            complaints = rules.credential_complaints(kind["inputs"], record.get("inputs", {}))
        elif table == "job_templates" and record["playbook"] not in rules.playbooks(self.project):
            complaints = [f"{record['playbook']}: playbook not found for project"]
        if complaints:
            raise Refused("; ".join(complaints))

    def _shown(self, record: Record) -> Record:
        """A record as clients get it: with the secrets of a credential out of sight."""
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
            return 200, {"count": len(attached), "next": None, "results": [{"id": number} for number in attached]}
        if body.get("disassociate"):
            attached.remove(body["id"])
        else:
            attached.append(body["id"])
        return 204, {}
