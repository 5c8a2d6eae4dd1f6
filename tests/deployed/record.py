"""What a deployed API holds, read through HTTP, so that it can be compared after another deployment.

    record.py write CREDENTIALS FILE     adds a record of each kind, reads all and keeps it in a file
    record.py compare CREDENTIALS FILE   reads all again; fails where it is not the same
"""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

LISTS = ["employees", "attendances/projects", "time-off-types", "document-categories"]


class Api:
    """The API with a token."""

    def __init__(self, credentials):
        self.base = credentials["base_url"] + "/v1/"
        self.token = None
        login = {name: credentials[name] for name in ("client_id", "client_secret")}
        self.token = self.call("auth", login)["data"]["token"]

    def call(self, path, body=None, content_type="application/json"):
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, headers={"Content-Type": content_type})
        if self.token:
            # A download leads to the bucket, which must not see the token.
            request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read()) if "json" in answer.headers["Content-Type"] else answer.read()

    def all(self):
        """Every list to its end, the periods, absences and documents of everybody, and the bytes of each document."""
        held = {path: self.call(f"company/{path}?limit=200")["data"] for path in LISTS}
        days = "start_date=2000-01-01&end_date=2040-01-01&limit=200"
        held["attendances"] = self.call(f"company/attendances?{days}")["data"]
        held["time-offs"] = self.call(f"company/time-offs?{days}")["data"]
        held["documents"] = self.call("company/documents?limit=200")["data"]
        held["files"] = {
            str(one["id"]): self.call(f"company/documents/{one['id']}/download").hex() for one in held["documents"]
        }
        return held


def add(api):
    """A person, a day of work, an absence and a document."""
    person = {"email": "kept@kept.example", "first_name": "Zoë", "last_name": "Ångström"}
    employee = api.call("company/employees", {"employee": person})["data"]["id"]
    period = {"employee": employee, "date": "2026-03-02", "start_time": "08:00", "end_time": "16:30", "break": 30}
    api.call("company/attendances", {"attendances": [period]})
    kind = api.call("company/time-off-types")["data"][0]["attributes"]["id"]
    days = {"employee_id": employee, "time_off_type_id": kind, "start_date": "2026-03-09", "end_date": "2026-03-10"}
    api.call("company/time-offs", {**days, "half_day_start": False, "half_day_end": False})
    category = api.call("company/document-categories")["data"][0]["id"]
    fields = {"employee_id": employee, "title": "Vertrag", "category_id": category}
    api.call("company/documents", *form(fields, b"%PDF-1.7\n%kept\n%%EOF\n"))


def form(fields, content):
    parts = [
        f'--part\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    head = '--part\r\nContent-Disposition: form-data; name="file"; filename="kept.pdf"\r\n\r\n'
    return "".join([*parts, head]).encode() + content + b"\r\n--part--\r\n", "multipart/form-data; boundary=part"


def main():
    command, credentials, file = sys.argv[1], json.loads(Path(sys.argv[2]).read_text("utf-8")), Path(sys.argv[3])
    api = Api(credentials)
    if command == "write":
        try:
            add(api)
        except urllib.error.HTTPError as error:
            sys.exit(f"{error.url}: {error.code} {error.read().decode()}")
        file.write_text(json.dumps(api.all()), encoding="utf-8")
        return
    before, after = json.loads(file.read_text("utf-8")), api.all()
    for name, held in before.items():
        assert held, f"{name}: nothing was there to be kept"
        assert after[name] == held, f"{name} differ: {held} is now {after[name]}"
    print(", ".join(f"{len(held)} {name}" for name, held in after.items()), "are as they were")


if __name__ == "__main__":
    main()
