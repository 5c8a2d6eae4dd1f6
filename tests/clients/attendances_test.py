"""Attendances and projects as those ask for them who have no client: the vendor's Postman collection and scripts.

The requests of the collection are sent as it sends them, request by request, with its own bodies; only the ids are
others. `tests/clients/run` starts the muster and sets the environment of these tests. Attendances belong to an
employee who is created for the test, so no test is in the way of another.
"""

import json
import time
import uuid
from datetime import date, datetime, timedelta, timezone
from urllib.parse import quote, urlencode

import pytest
from support import (
    LOGIN,
    NOBODY,
    ZONE,
    Api,
    data_of,
    error_of,
    granted,
    hire,
    keeps_the_token,
    token_of,
)

ATTENDANCES = "company/attendances"
PROJECTS = "company/attendances/projects"

OVERLAP = "Existing overlapping attendances periods"
NOT_FOUND = "The attendance period was not found."
BATCH_FAILED = "Error when trying to insert Attendances periods rows"

YEAR = {"start_date": "2022-01-01", "end_date": "2022-12-31"}


@pytest.fixture(name="project")
def fixture_project(api):
    """The id of an active project of the test alone."""
    return new_project(api)["id"]


def new_project(api, **fields):
    body = {"name": f"Bench {uuid.uuid4().hex}", "active": True, **fields}
    return data_of(api.post(PROJECTS, json=body))


def row(employee, **fields):
    """A period as a request has it."""
    given = {
        "employee": employee,
        "date": "2022-08-22",
        "start_time": "14:00",
        "end_time": "14:30",
        "break": 0,
        "comment": "Some comment",
        "project_id": None,
    }
    return {**given, **fields}


def create(api, *rows, **fields):
    """Stores periods and answers their ids."""
    answer = api.post(ATTENDANCES, json={"attendances": list(rows), **fields})
    return data_of(answer)["id"]


def refused(api, *rows):
    """What became of each row of a batch that is refused in part."""
    error = error_of(api.post(ATTENDANCES, json={"attendances": list(rows)}))
    assert error["message"] == BATCH_FAILED
    assert len(error["detailed_message"]) == len(rows)
    return error["detailed_message"]


def page(api, employee=None, **parameters):
    """The whole answer to a list."""
    query = {**YEAR, **({} if employee is None else {"employees[]": employee}), **parameters}
    answer = api.get(ATTENDANCES, params=query)
    data_of(answer)
    return answer.json()


def listed(api, employee, **parameters):
    """The ids of the periods of an employee that a list has."""
    return [one["id"] for one in page(api, employee, **parameters)["data"]]


def attributes(api, number):
    """What one period says."""
    one = data_of(api.get(f"{ATTENDANCES}/{number}"))
    assert (one["id"], one["type"]) == (number, "AttendancePeriod")
    return one["attributes"]


def every_day(employee, days, **fields):
    first = date(2022, 3, 1)
    return [row(employee, date=(first + timedelta(days=day)).isoformat(), **fields) for day in range(days)]


# ------------------------------------------------------------------ the vendor's Postman collection


def send_raw(api, method, path, text):
    """As Postman sends a body that it shows as JSON."""
    return api.request(method, path, data=text.encode(), headers={"Content-Type": "application/json"})


LIST_BODY = """{
    "start_date": "2022-01-01",
    "end_date": "2022-12-31"
}"""

CREATE_BODY = """{
    "attendances": [
        {
            "employee": 5671547,
            "date": "2022-08-22",
            "start_time": "14:00",
            "end_time": "14:30",
            "break": 0,
            "comment": "Some comment",
            "project_id": 51059
        },
                {
            "employee": 5671547,
            "date": "2022-08-23",
            "start_time": "14:00",
            "end_time": "14:30",
            "break": 0,
            "comment": "Another comment",
            "project_id": 51059
        }
    ],
    "skip_approval": false
}"""

UPDATE_BODY = """{
    "attendances":{
        "employee": 420888,
        "date": "2018-03-05",
        "start_time": "08:00",
        "end_time": "11:00",
        "break": 15,
        "comment": "Some comment",
        "project_id": 51059
    },
    "skip_approval": false
}"""

CREATE_PROJECT_BODY = """{
    "name": "Project Name",
    "active": true
}"""

UPDATE_PROJECT_BODY = """{
    "name": "A potentially new name",
    "active": true
}"""


def with_ids(text, employee, project):
    return text.replace("5671547", str(employee)).replace("420888", str(employee)).replace("51059", str(project))


def test_get_all_attendances(api, token):
    path = f"{ATTENDANCES}?start_date=2022-01-01&end_date=2022-09-30&limit=2&offset=0"
    answer = send_raw(api, "GET", path, LIST_BODY)
    data_of(answer)
    body = answer.json()
    assert body.keys() == {"success", "metadata", "offset", "limit", "data"}
    assert (body["offset"], body["limit"]) == (0, 2)
    assert len(body["data"]) <= 2
    assert keeps_the_token(answer, token)


def test_the_body_of_a_get_is_ignored(api, worker):
    """The collection has another end in the body than in the query."""
    within = create(api, row(worker, date="2022-09-30"), row(worker, date="2022-10-01"))[0]
    path = f"{ATTENDANCES}?start_date=2022-01-01&end_date=2022-09-30&employees[]={worker}&limit=2&offset=0"
    answer = send_raw(api, "GET", path, LIST_BODY)
    assert [one["id"] for one in data_of(answer)] == [within]
    for nonsense in ("{", "[]", "start_date=1", ""):
        assert data_of(send_raw(api, "GET", path, nonsense)) == data_of(answer)


def test_parameters_that_postman_leaves_empty(api, worker):
    """The boxes of the collection that are not ticked, ticked."""
    numbers = create(api, *every_day(worker, 3))
    path = f"{ATTENDANCES}?start_date=2022-01-01&end_date=2022-09-30&updated_from=&updated_to=&includePending="
    answer = send_raw(api, "GET", f"{path}&employees[]=&employees[]={worker}&limit=2&offset=0", LIST_BODY)
    assert [one["id"] for one in data_of(answer)] == numbers[:2]
    # With none of them filled in, it is as if they were not there.
    answer = send_raw(api, "GET", f"{path}&employees[]=&employees[]=&limit=&offset=", LIST_BODY)
    assert data_of(answer)
    assert answer.json() == page(api, end_date="2022-09-30")
    assert (answer.json()["limit"], answer.json()["offset"]) == (200, 0)


def test_create_one_or_many_attendances(api, token, worker, project):
    answer = send_raw(api, "POST", ATTENDANCES, with_ids(CREATE_BODY, worker, project))
    data = data_of(answer)
    assert len(data["id"]) == len(data["id_v2"]) == 2
    assert data["message"] == "success"
    assert keeps_the_token(answer, token)

    # The company asks for approval, so they wait.
    assert listed(api, worker) == []
    found = page(api, worker, includePending="true")["data"]
    assert [one["id"] for one in found] == data["id"]
    assert [one["attributes"]["id_v2"] for one in found] == data["id_v2"]
    for one, day, comment in zip(found, ("2022-08-22", "2022-08-23"), ("Some comment", "Another comment")):
        changed = datetime.fromisoformat(one["attributes"].pop("updated_at"))
        assert changed.utcoffset() == changed.astimezone(ZONE).utcoffset()
        del one["attributes"]["id_v2"]
        shown_project = one["attributes"].pop("project")
        assert (shown_project["id"], shown_project["type"]) == (project, "Project")
        assert shown_project["attributes"]["active"] is True
        assert one["attributes"] == {
            "employee": worker,
            "date": day,
            "start_time": "14:00",
            "end_time": "14:30",
            "break": 0,
            "comment": comment,
            "status": "pending",
            "is_holiday": False,
            "is_on_time_off": False,
        }


def test_create_again(api, worker, project):
    """Nothing is stored twice, and what waits for approval is in the way as well."""
    text = with_ids(CREATE_BODY, worker, project)
    first = data_of(send_raw(api, "POST", ATTENDANCES, text))["id"]
    rows = error_of(send_raw(api, "POST", ATTENDANCES, text))["detailed_message"]
    assert [one["error_msg"] for one in rows] == [OVERLAP, OVERLAP]
    assert [one["conflicting_ids"] for one in rows] == [[number] for number in first]
    assert [one["project_id"] for one in rows] == [project, project]
    assert listed(api, worker, includePending="true") == first


def test_update_one_attendance(api, token, worker, project):
    [number] = create(api, row(worker))
    answer = send_raw(api, "PATCH", f"{ATTENDANCES}/{number}", with_ids(UPDATE_BODY, worker, project))
    assert data_of(answer)["message"] == "The attendance period was updated."
    assert keeps_the_token(answer, token)
    found = attributes(api, number)
    expected = {**json.loads(with_ids(UPDATE_BODY, worker, project))["attendances"], "status": "pending"}
    assert found["project"]["id"] == expected.pop("project_id")
    assert {field: found[field] for field in expected} == expected
    # It went to another day, and waits.
    assert listed(api, worker, includePending="true") == []
    assert listed(api, worker, start_date="2018-03-05", end_date="2018-03-05") == []
    assert listed(api, worker, start_date="2018-03-05", end_date="2018-03-05", includePending="true") == [number]


def test_delete_one_attendance(api, token, worker):
    """The blank behind `false` is the collection's own."""
    [number] = create(api, row(worker))
    answer = api.delete(f"{ATTENDANCES}/{number}?skip_approval=false%20")
    assert data_of(answer)["message"]
    assert keeps_the_token(answer, token)
    # Somebody has to agree first.
    assert listed(api, worker) == []
    assert listed(api, worker, includePending="true") == [number]
    assert attributes(api, number)["status"] == "pending"


def test_projects_of_the_collection(api, token):
    """The names of the collection can be there once only, so one test has all that it does with projects."""
    answer = api.get(PROJECTS)
    before = data_of(answer)
    assert keeps_the_token(answer, token)

    answer = send_raw(api, "POST", PROJECTS, CREATE_PROJECT_BODY)
    new = data_of(answer)
    assert keeps_the_token(answer, token)
    assert new.keys() == {"id", "type", "attributes"}
    assert new["type"] == "Project"
    assert new["attributes"].keys() == {"name", "active", "created_at", "updated_at"}
    assert (new["attributes"]["name"], new["attributes"]["active"]) == ("Project Name", True)
    assert data_of(api.get(PROJECTS)) == [*before, new]

    answer = send_raw(api, "PATCH", f"{PROJECTS}/{new['id']}", UPDATE_PROJECT_BODY)
    changed = data_of(answer)
    assert keeps_the_token(answer, token)
    assert (changed["attributes"]["name"], changed["attributes"]["active"]) == ("A potentially new name", True)
    assert changed["attributes"]["created_at"] == new["attributes"]["created_at"]
    assert data_of(api.get(PROJECTS)) == [*before, changed]

    answer = api.delete(f"{PROJECTS}/{new['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert keeps_the_token(answer, token)
    assert data_of(api.get(PROJECTS)) == before


# ------------------------------------------------------------------ forms


# For forms with one row, with two, and with so many that their numbers have two digits.
DAYS = [[f"2022-02-{day:02}" for day in range(1, last + 1)] for last in (1, 2, 12)]


def post_form(api, fields, encode=True):
    """A form, with the brackets encoded as libraries do it, or as somebody types them."""
    text = urlencode(fields) if encode else "&".join(f"{name}={quote(str(value))}" for name, value in fields)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return api.post(ATTENDANCES, data=text, headers=headers)


def appended(employee, day, brk="attendances[]break", **fields):
    """A row in the form of the vendor's description, where `break` alone has no brackets."""
    given = {
        "attendances[][employee]": employee,
        "attendances[][date]": day,
        "attendances[][start_time]": "08:00",
        "attendances[][end_time]": "12:00",
        brk: 30,
        "attendances[][comment]": f"on {day}",
    }
    return list({**given, **fields}.items())


def numbered(employee, days):
    return [
        (f"attendances[{index}]{name}", value)
        for index, day in enumerate(days)
        for name, value in [
            ("[employee]", employee),
            ("[date]", day),
            ("[start_time]", "08:00"),
            ("[end_time]", "12:00"),
            ("[break]", 30),
            ("[comment]", f"on {day}"),
        ]
    ]


def check_form(api, employee, numbers, days):
    assert listed(api, employee) == numbers
    for number, day in zip(numbers, days, strict=True):
        found = attributes(api, number)
        fields = ("employee", "date", "start_time", "end_time", "break", "comment")
        assert [found[field] for field in fields] == [employee, day, "08:00", "12:00", 30, f"on {day}"]


@pytest.mark.parametrize("encode", [True, False], ids=["encoded", "typed"])
@pytest.mark.parametrize("brk", ["attendances[]break", "attendances[][break]"])
@pytest.mark.parametrize("days", DAYS, ids=len)
def test_a_form_with_a_row_after_the_other(api, worker, days, brk, encode):
    fields = [field for day in days for field in appended(worker, day, brk)]
    numbers = data_of(post_form(api, fields, encode))["id"]
    check_form(api, worker, numbers, days)


@pytest.mark.parametrize("encode", [True, False], ids=["encoded", "typed"])
@pytest.mark.parametrize("days", DAYS, ids=len)
def test_a_form_with_numbered_rows(api, worker, days, encode):
    numbers = data_of(post_form(api, numbered(worker, days), encode))["id"]
    check_form(api, worker, numbers, days)


def test_rows_of_a_form_that_leave_something_out(api, worker):
    """A row begins where a field comes again, so the first row has no end and no comment, the second has both."""
    first = [field for field in appended(worker, "2022-02-01") if not field[0].endswith(("[end_time]", "[comment]"))]
    numbers = data_of(post_form(api, [*first, *appended(worker, "2022-02-02")]))["id"]
    found = [attributes(api, number) for number in numbers]
    assert [(one["date"], one["end_time"], one["comment"]) for one in found] == [
        ("2022-02-01", None, ""),
        ("2022-02-02", "12:00", "on 2022-02-02"),
    ]


@pytest.mark.parametrize("rows", ["appended", "numbered"])
def test_what_stands_beside_the_rows_of_a_form(api, worker, project, rows):
    days = ["2022-02-01", "2022-02-02"]
    fields = numbered(worker, days)
    if rows == "appended":
        fields = [field for day in days for field in appended(worker, day)]
    numbers = data_of(post_form(api, [*fields, ("skip_approval", "False"), ("project_id", project)]))["id"]
    for number in numbers:
        found = attributes(api, number)
        assert (found["status"], found["project"]["id"]) == ("pending", project)


def test_an_empty_field_of_a_form_is_nothing(api, worker):
    """A form can only leave a field empty where JSON says null."""
    empty = {"attendances[][end_time]": "", "attendances[][comment]": "", "attendances[][project_id]": ""}
    [number] = data_of(post_form(api, appended(worker, "2022-02-01", **empty)))["id"]
    found = attributes(api, number)
    assert (found["end_time"], found["comment"], found["project"]) == (None, "", None)


def test_a_form_that_fails_in_part(api, worker):
    fields = [*appended(worker, "2022-02-01"), *appended(worker, "2022-02-01"), *appended(worker, "2022-02-30")]
    rows = error_of(post_form(api, fields))["detailed_message"]
    assert [one["success"] for one in rows] == [True, False, False]
    assert rows[1]["error_msg"] == OVERLAP
    assert rows[1]["conflicting_ids"] == [rows[0]["id"]]
    assert "date" in rows[2]["error_msg"]
    assert listed(api, worker) == [rows[0]["id"]]


def test_the_rows_of_a_form_come_back_as_those_of_json(api, worker, project):
    """The vendor's description has numbers there; a form has text only."""
    fields = [*numbered(worker, ["2022-02-01"]), ("attendances[0][project_id]", project)]
    data_of(post_form(api, fields))
    [found] = error_of(post_form(api, fields))["detailed_message"]
    assert (found["employee"], found["break"], found["project_id"]) == (worker, 30, project)
    assert (found["date"], found["start_time"], found["end_time"]) == ("2022-02-01", "08:00", "12:00")


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_form_updates(api, worker, wrapped):
    [number] = create(api, row(worker))
    fields = {"end_time": "15:45", "break": "15", "comment": "as a form"}
    form = {f"attendances[{name}]": value for name, value in fields.items()} if wrapped else fields
    data_of(api.patch(f"{ATTENDANCES}/{number}", data={**form, "skip_approval": "True"}))
    found = attributes(api, number)
    assert (found["start_time"], found["end_time"], found["break"]) == ("14:00", "15:45", 15)
    assert (found["comment"], found["status"]) == ("as a form", "confirmed")


def test_projects_take_forms(api):
    name = f"Bench {uuid.uuid4().hex}"
    new = data_of(api.post(PROJECTS, data={"name": name, "active": "1"}))
    assert (new["attributes"]["name"], new["attributes"]["active"]) == (name, True)
    changed = data_of(api.patch(f"{PROJECTS}/{new['id']}", data={"active": "false"}))
    assert (changed["attributes"]["name"], changed["attributes"]["active"]) == (name, False)


# ------------------------------------------------------------------ batches


def test_rows_are_stored_one_by_one(api, worker):
    rows = [
        row(worker, start_time="08:00", end_time="09:00"),
        row(worker, start_time="08:59", end_time="10:00"),
        row(NOBODY),
        row(worker, start_time="10:00", end_time="11:00"),
        row(worker, date="2022-02-29"),
        "not a row",
        row(worker, start_time="12:00", end_time="11:00"),
        row(worker, start_time="09:00", end_time="10:00"),
    ]
    answered = refused(api, *rows)
    assert [one["success"] for one in answered] == [True, False, False, True, False, False, False, True]
    assert [one["id"] is None for one in answered] == [not one["success"] for one in answered]
    assert [one["error_msg"] is None for one in answered] == [one["success"] for one in answered]
    # A row of the same batch can be in the way.
    assert (answered[1]["error_msg"], answered[1]["conflicting_ids"]) == (OVERLAP, [answered[0]["id"]])
    assert answered[6]["error_msg"] == (
        "Start time 2022-08-22T12:00:00+02:00 has to be smaller than end time 2022-08-22T11:00:00+02:00"
    )
    assert listed(api, worker) == [answered[index]["id"] for index in (0, 7, 3)]
    for sent, got in zip(rows, answered):
        if isinstance(sent, dict):
            assert {field: got[field] for field in sent} == sent


def test_everything_that_is_in_the_way_is_named(api, worker):
    numbers = create(api, *(row(worker, start_time=f"{hour:02}:00", end_time=f"{hour:02}:30") for hour in range(8, 13)))
    [one] = refused(api, row(worker, start_time="09:15", end_time="11:15"))
    assert one["conflicting_ids"] == numbers[1:4]
    [one] = refused(api, row(worker, start_time="00:00", end_time="23:59"))
    assert one["conflicting_ids"] == numbers
    # Nothing comes after what has no end.
    [one] = refused(api, row(worker, start_time="11:30", end_time=None))
    assert one["conflicting_ids"] == numbers[4:]
    assert "conflicting_ids" not in refused(api, row(NOBODY))[0]


def test_nobody_is_in_the_way_of_somebody_else(api, worker):
    other = hire(api)
    first, second = create(api, row(worker), row(other))
    assert (listed(api, worker), listed(api, other)) == ([first], [second])


def test_fields_that_a_row_needs_not(api, worker):
    whole = row(worker)
    least = {name: whole[name] for name in ("employee", "date", "start_time", "break")}
    [number] = create(api, least)
    found = attributes(api, number)
    assert (found["end_time"], found["comment"], found["project"]) == (None, "", None)
    assert found["status"] == "confirmed"


@pytest.mark.parametrize("name", ["employee", "date", "start_time", "break"])
@pytest.mark.parametrize("how", ["missing", None, "", [], {}, "nonsense", True, -1])
def test_fields_that_a_row_needs(api, worker, name, how):
    bad = row(worker)
    if how == "missing":
        del bad[name]
    else:
        bad[name] = how
    [one] = refused(api, bad)
    assert name in one["error_msg"]
    assert listed(api, worker) == []


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"date": "22.08.2022"}, "date"),
        ({"date": "2022-02-29"}, "date"),
        ({"date": 20220822}, "date"),
        ({"start_time": "24:00"}, "start_time"),
        ({"start_time": "8"}, "start_time"),
        ({"start_time": "08:00:30"}, "start_time"),
        ({"end_time": "2 pm"}, "end_time"),
        ({"end_time": 15}, "end_time"),
        ({"break": 31}, "break"),
        ({"break": 1.5}, "break"),
        ({"break": 10**30}, "break"),
        ({"comment": 5}, "comment"),
        ({"comment": "x" * 1001}, "comment"),
        ({"comment": "\u0000"}, "comment"),
        ({"project_id": NOBODY}, "project"),
        ({"project_id": 0}, "project_id"),
        ({"project_id": "Ibex"}, "project_id"),
        ({"employee": 0}, "employee"),
        ({"employee": 2**31}, "employee"),
        ({"employee": 1.5}, "employee"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_values_that_no_row_can_have(api, worker, fields, word):
    [one] = refused(api, {**row(worker), **fields})
    assert word in one["error_msg"]
    assert listed(api, worker) == []


def test_values_in_other_forms(api, worker, project):
    """Numbers as text, dates as date-times and times with seconds, as clients send what they read elsewhere."""
    [number] = create(
        api,
        {
            "employee": str(worker),
            "date": "2022-08-22T00:00:00+02:00",
            "start_time": "8:05:00",
            "end_time": " 14:30 ",
            "break": "30",
            "project_id": str(project),
        },
        skip_approval="false ",
    )
    found = attributes(api, number)
    assert (found["employee"], found["date"], found["break"]) == (worker, "2022-08-22", 30)
    assert (found["start_time"], found["end_time"]) == ("08:05", "14:30")
    assert (found["project"]["id"], found["status"]) == (project, "pending")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"attendances": []},
        {"attendances": None},
        {"attendances": "2022-08-22"},
        {"attendances": 5},
        {"attendance": [{}]},
    ],
    ids=str,
)
def test_bodies_without_rows(api, body):
    assert "attendances" in error_of(api.post(ATTENDANCES, json=body))["message"]


@pytest.mark.parametrize("text", ["{", "[]", "null", '"attendances"', "", "{'attendances': []}"])
def test_bodies_that_cannot_be_read(api, text):
    error_of(send_raw(api, "POST", ATTENDANCES, text))


@pytest.mark.parametrize("value", ["perhaps", 2, [], {}], ids=str)
def test_an_approval_that_cannot_be_read(api, worker, value):
    error = error_of(api.post(ATTENDANCES, json={"attendances": [row(worker)], "skip_approval": value}))
    assert "skip_approval" in error["message"]
    assert listed(api, worker, includePending="true") == []


def test_a_hundred_employees_and_one_more(api):
    rows = [row(NOBODY + number) for number in range(101)]
    assert len(refused(api, *rows[:100])) == 100
    error = error_of(api.post(ATTENDANCES, json={"attendances": rows}))
    assert "100" in error["message"]
    assert "detailed_message" not in error


def test_a_month_of_a_whole_company(api):
    """Many rows of many employees in one call."""
    workers = [hire(api) for _ in range(20)]
    rows = [one for worker in workers for one in every_day(worker, 30)]
    numbers = create(api, *rows)
    assert len(set(numbers)) == 600
    first = page(api, workers, limit=1000)
    assert first["metadata"] == {"total_elements": 600, "current_page": 0, "total_pages": 1}
    stored = {one["id"]: (one["attributes"]["employee"], one["attributes"]["date"]) for one in first["data"]}
    assert stored == {number: (one["employee"], one["date"]) for number, one in zip(numbers, rows)}


# ------------------------------------------------------------------ lists


@pytest.fixture(name="month", scope="module")
def fixture_month(token):
    """Two employees, each with a period on each of ten days and the ids of these. For reading only."""
    with Api(token) as api:
        return {worker: create(api, *every_day(worker, 10)) for worker in (hire(api), hire(api))}


def test_both_ends_are_in_the_list(api, month):
    worker, numbers = next(iter(month.items()))
    assert listed(api, worker, start_date="2022-03-01", end_date="2022-03-10") == numbers
    assert listed(api, worker, start_date="2022-03-02", end_date="2022-03-09") == numbers[1:-1]
    assert listed(api, worker, start_date="2022-03-05", end_date="2022-03-05") == [numbers[4]]
    assert listed(api, worker, start_date="2022-03-11", end_date="2022-03-11") == []


def test_the_order_of_a_list(api):
    """By day, then by employee, then as they begin; whatever the order in which they came."""
    first, second = hire(api), hire(api)
    late, early, morning, evening, other = create(
        api,
        row(first, date="2022-08-23"),
        row(first, date="2022-08-21"),
        row(second, start_time="08:00", end_time="09:00"),
        row(second, start_time="18:00", end_time="19:00"),
        row(first, start_time="12:00", end_time="13:00"),
    )
    assert listed(api, [first, second]) == [early, other, morning, evening, late]


def test_ways_to_ask_for_employees(api, month):
    (first, of_first), (second, of_second) = month.items()
    start = f"{ATTENDANCES}?start_date=2022-03-01&end_date=2022-03-10"
    for query in (
        f"employees[]={first}&employees[]={second}",
        f"employees%5B%5D={first}&employees%5B%5D={second}",
        f"employees[0]={first}&employees[1]={second}",
        f"employees={first},{second}",
        f"employees={first}&employees={second}",
        f"employees[]={first},{second}",
        f"employees[]={second}&employees[]={first}&employees[]={second}",
        f"employees[]=%20{first}%20&employees[]=&employees[]={second}",
    ):
        found = {one["id"] for one in data_of(api.get(f"{start}&{query}"))}
        assert found == {*of_first, *of_second}, query


def test_fifty_employees(api, month):
    worker, numbers = next(iter(month.items()))
    assert listed(api, [*range(NOBODY, NOBODY + 49), worker]) == numbers


@pytest.mark.parametrize("employee", ["somebody", "-1", "1.5", "0", str(2**31), "1;2"])
def test_employees_that_are_no_numbers(api, employee):
    error = error_of(api.get(ATTENDANCES, params={**YEAR, "employees[]": employee}))
    assert "employees" in error["message"]


def test_the_whole_company_has_everybody(api, month):
    expected = {number for numbers in month.values() for number in numbers}
    everybody = page(api, limit=1000, start_date="2022-03-01", end_date="2022-03-10")
    assert expected <= {one["id"] for one in everybody["data"]}
    assert len(everybody["data"]) == everybody["metadata"]["total_elements"]


@pytest.mark.parametrize("limit", [1, 3, 7, 10, 19, 20, 21, 1000])
def test_pages(api, month, limit):
    """Page by page it is the list, and each page says the same of it."""
    whole = listed(api, list(month))
    found, offset, pages = [], 0, -(-20 // limit)
    for number in range(pages):
        answer = page(api, list(month), limit=limit, offset=offset)
        assert answer["metadata"] == {"total_elements": 20, "current_page": number, "total_pages": pages}
        assert (answer["limit"], answer["offset"]) == (limit, offset)
        found += [one["id"] for one in answer["data"]]
        offset += limit
    assert found == whole
    behind = page(api, list(month), limit=limit, offset=offset)
    assert behind["data"] == []
    assert behind["metadata"] == {"total_elements": 20, "current_page": pages, "total_pages": pages}


def test_the_offset_counts_records(api, month):
    """With 3 results [A, B, C] and an offset of 1, [B, C]."""
    worker, numbers = next(iter(month.items()))
    days = {"start_date": "2022-03-01", "end_date": "2022-03-03"}
    assert listed(api, worker, **days, offset=1) == numbers[1:3]
    assert listed(api, worker, **days, offset=1, limit=1) == numbers[1:2]
    assert listed(api, worker, **days, offset=3) == []


def test_the_least_that_can_be_asked(api, worker):
    answer = page(api, worker)
    assert answer == {
        "success": True,
        "metadata": {"total_elements": 0, "current_page": 0, "total_pages": 0},
        "offset": 0,
        "limit": 200,
        "data": [],
    }


def test_parameters_that_nobody_knows_are_ignored(api, month):
    worker, numbers = next(iter(month.items()))
    unknown = {"page": 0, "employee": NOBODY, "sort": "-date", "status": "rejected"}
    answer = api.get(ATTENDANCES, params={**YEAR, "employees[]": worker, **unknown})
    assert [one["id"] for one in data_of(answer)] == numbers


@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        ({"start_date": None}, "start_date"),
        ({"end_date": None}, "end_date"),
        ({"start_date": ""}, "start_date"),
        ({"start_date": "01.01.2022"}, "start_date"),
        ({"end_date": "2022-02-30"}, "end_date"),
        ({"end_date": "2021-12-31"}, "end_date"),
        ({"limit": 0}, "limit"),
        ({"limit": -1}, "limit"),
        ({"limit": "all"}, "limit"),
        ({"limit": 10**20}, "limit"),
        ({"offset": -1}, "offset"),
        ({"offset": "1.5"}, "offset"),
        ({"includePending": "perhaps"}, "includePending"),
        ({"updated_from": "yesterday"}, "updated_from"),
        ({"updated_to": "2022-13-01"}, "updated_to"),
    ],
    ids=str,
)
def test_parameters_that_cannot_be_read(api, parameters, word):
    error = error_of(api.get(ATTENDANCES, params={**YEAR, **parameters}))
    assert word in error["message"]


@pytest.mark.parametrize(
    ("flag", "included"),
    [("true", True), ("True", True), ("1", True), ("true ", True), ("false", False), ("False", False), ("0", False)],
)
def test_pending_periods_are_shown_to_those_who_ask(api, worker, flag, included):
    waiting, refused_, confirmed = (
        create(api, row(worker, date=f"2022-05-0{day}"), skip_approval=skip)[0]
        for day, skip in ((1, False), (2, False), (3, True))
    )
    data_of(api.post(f"{ATTENDANCES}/{refused_}/reject"))
    found = page(api, worker, includePending=flag)
    expected = {confirmed: "confirmed"}
    if included:
        expected |= {waiting: "pending", refused_: "rejected"}
    assert {one["id"]: one["attributes"]["status"] for one in found["data"]} == expected
    assert found["metadata"]["total_elements"] == len(expected)


def test_what_was_changed_since(api, worker):
    """`updated_at` as it is shown is a bound in every form that the vendor describes, and both bounds are included."""
    old, new = create(api, *every_day(worker, 2))
    before = datetime.fromisoformat(attributes(api, old)["updated_at"])
    # It is shown to the second.
    time.sleep(1.1)
    data_of(api.patch(f"{ATTENDANCES}/{new}", json={"comment": "changed"}))
    after = datetime.fromisoformat(attributes(api, new)["updated_at"])
    assert after > before

    def since(**bounds):
        return listed(api, worker, **bounds)

    utc = after.astimezone(timezone.utc)
    for form in (
        after.isoformat(),
        after.replace(tzinfo=None).isoformat(),
        after.replace(tzinfo=None).isoformat(" "),
        utc.isoformat(),
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        after.strftime("%Y-%m-%dT%H:%M:%S%z"),
    ):
        assert since(updated_from=form) == [new], form
        assert since(updated_to=form) == [old, new], form
        assert since(updated_from=form, updated_to=form) == [new], form
    # Without a client to encode it the plus arrives as a blank.
    query = f"start_date=2022-01-01&end_date=2022-12-31&employees[]={worker}&updated_from={after.isoformat()}"
    assert [one["id"] for one in data_of(api.get(f"{ATTENDANCES}?{query}"))] == [new]

    assert since(updated_to=before.isoformat()) == [old]
    assert since(updated_from=before.isoformat()) == [old, new]
    today = after.astimezone(ZONE).date()
    assert since(updated_from=before.date()) == [old, new]
    assert since(updated_to=today) == [old, new]
    assert since(updated_from=today + timedelta(days=1)) == []
    assert since(updated_to=before.date() - timedelta(days=1)) == []


def test_what_was_changed_in_the_whole_company(api, worker):
    """Without employees it is another way through the store."""
    old, new, moved, deleted = create(api, *every_day(worker, 4))
    time.sleep(1.1)
    data_of(api.patch(f"{ATTENDANCES}/{new}", json={"comment": "changed"}))
    data_of(api.patch(f"{ATTENDANCES}/{moved}", json={"date": "2022-09-09"}))
    data_of(api.delete(f"{ATTENDANCES}/{deleted}"))
    bound = attributes(api, new)["updated_at"]
    found = page(api, updated_from=bound, limit=1000)
    numbers = [one["id"] for one in found["data"] if one["attributes"]["employee"] == worker]
    assert numbers == [new, moved]
    assert found["metadata"]["total_elements"] == len(found["data"])
    until = attributes(api, old)["updated_at"]
    that_day = page(api, updated_to=until, start_date="2022-03-01", end_date="2022-03-01", limit=1000)
    assert old in [one["id"] for one in that_day["data"]]


# ------------------------------------------------------------------ one period


def test_one_period_is_the_same_as_in_the_list(api, worker, project):
    [number] = create(api, row(worker, project_id=project))
    [found] = page(api, worker)["data"]
    assert data_of(api.get(f"{ATTENDANCES}/{number}")) == found


@pytest.mark.parametrize("number", [NOBODY, 2**31, 0, -1, "one", "1.0", "1%20"])
def test_periods_that_are_not_there(api, number):
    path = f"{ATTENDANCES}/{number}"
    answers = [
        api.get(path),
        api.patch(path, json={"comment": "nobody's"}),
        api.delete(path),
        api.post(f"{path}/approve"),
        api.post(f"{path}/reject"),
    ]
    for answer in answers:
        error = error_of(answer, 404)
        assert error == {"code": 404, "message": NOT_FOUND}


# ------------------------------------------------------------------ updates


@pytest.mark.parametrize("wrapped", [False, True], ids=["flat", "wrapped"])
@pytest.mark.parametrize(
    "change",
    [
        {"date": "2022-12-24"},
        {"start_time": "06:00"},
        {"end_time": "23:59"},
        {"end_time": None},
        {"break": 30},
        {"comment": "another"},
        {"comment": None},
        {"project_id": "the project"},
        {"project_id": None},
        {"date": "2022-12-24", "start_time": "09:00", "end_time": "10:30", "break": 5, "comment": "all"},
    ],
    ids=str,
)
def test_what_is_sent_is_changed_and_the_rest_stays(api, worker, project, change, wrapped):
    other = new_project(api)["id"]
    [number] = create(api, row(worker, project_id=other))
    before = attributes(api, number)
    if change.get("project_id") == "the project":
        change = {"project_id": project}
    data_of(api.patch(f"{ATTENDANCES}/{number}", json={"attendances": change} if wrapped else change))
    after = attributes(api, number)
    expected = {**before, **change}
    # A comment that is not there is empty in the answers.
    expected["comment"] = expected["comment"] or ""
    if "project_id" in change:
        del expected["project_id"]
        assert (after["project"] and after["project"]["id"]) == change["project_id"]
        expected["project"] = after["project"]
    expected["updated_at"] = after["updated_at"]
    assert after == expected


def test_what_was_read_can_be_written(api, worker, project):
    [number] = create(api, row(worker, project_id=project))
    before = attributes(api, number)
    data_of(api.patch(f"{ATTENDANCES}/{number}", json=before))
    assert attributes(api, number) == before
    data_of(api.patch(f"{ATTENDANCES}/{number}", json={"attendances": before}))
    assert attributes(api, number) == before
    data_of(api.delete(f"{ATTENDANCES}/{number}"))
    # It can be created again as well; what no row has is ignored.
    [again] = create(api, before)
    fields = ("employee", "date", "start_time", "end_time", "break", "comment", "status")
    assert [attributes(api, again)[field] for field in fields] == [before[field] for field in fields]


@pytest.mark.parametrize(
    "body",
    [{}, {"attendances": {}}, {"attendances": None}, {"status": "confirmed"}, {"attendances": {"id": 1}}],
    ids=str,
)
def test_updates_that_say_nothing(api, worker, body):
    [number] = create(api, row(worker))
    error_of(api.patch(f"{ATTENDANCES}/{number}", json=body))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"date": None}, "date"),
        ({"date": "tomorrow"}, "date"),
        ({"start_time": None}, "start_time"),
        ({"start_time": "14:30"}, "has to be smaller than end time"),
        ({"end_time": "14:00"}, "has to be smaller than end time"),
        ({"end_time": "24:00"}, "end_time"),
        ({"break": None}, "break"),
        ({"break": 31}, "break"),
        ({"break": "long"}, "break"),
        ({"comment": ["x"]}, "comment"),
        ({"project_id": NOBODY}, "project"),
        ({"project_id": "Ibex"}, "project_id"),
        ({"skip_approval": "perhaps"}, "skip_approval"),
    ],
    ids=str,
)
@pytest.mark.parametrize("wrapped", [False, True], ids=["flat", "wrapped"])
def test_updates_that_cannot_be_stored(api, worker, change, word, wrapped):
    [number] = create(api, row(worker))
    before = attributes(api, number)
    answer = api.patch(f"{ATTENDANCES}/{number}", json={"attendances": change} if wrapped else change)
    assert word in error_of(answer)["message"]
    assert attributes(api, number) == before


def test_the_employee_stays(api, worker):
    other = hire(api)
    [number] = create(api, row(worker))
    data_of(api.patch(f"{ATTENDANCES}/{number}", json={"employee": worker, "comment": "the same one"}))
    error = error_of(api.patch(f"{ATTENDANCES}/{number}", json={"employee": other, "comment": "another one"}))
    assert "employee" in error["message"]
    assert listed(api, other) == []
    assert attributes(api, number)["comment"] == "the same one"


@pytest.mark.parametrize("wrapped", [False, True], ids=["flat", "wrapped"])
def test_an_update_over_another_period(api, worker, wrapped):
    morning, evening = create(
        api,
        row(worker, start_time="08:00", end_time="12:00"),
        row(worker, date="2022-08-23", start_time="13:00", end_time="17:00"),
    )
    change = {"date": "2022-08-22", "start_time": "11:59"}
    answer = api.patch(f"{ATTENDANCES}/{evening}", json={"attendances": change} if wrapped else change)
    error = error_of(answer)
    assert error["message"] == BATCH_FAILED
    [one] = error["detailed_message"]
    assert (one["success"], one["error_msg"], one["id"]) == (False, OVERLAP, None)
    assert one["conflicting_ids"] == [morning]
    assert (one["date"], one["start_time"]) == ("2022-08-22", "11:59")
    assert listed(api, worker) == [morning, evening]


def test_a_refused_update_says_which_period_it_would_have_been(api, worker):
    """The vendor's description has neither the employee nor the break of a row empty."""
    create(api, row(worker, start_time="08:00", end_time="12:00"))
    [number] = create(api, row(worker, start_time="13:00", end_time="17:00", **{"break": 15}))
    [one] = error_of(api.patch(f"{ATTENDANCES}/{number}", json={"start_time": "11:00"}))["detailed_message"]
    fields = ("employee", "date", "start_time", "end_time", "break")
    assert [one[field] for field in fields] == [worker, "2022-08-22", "11:00", "17:00", 15]


def test_a_period_is_not_in_its_own_way(api, worker):
    [number] = create(api, row(worker, start_time="08:00", end_time="12:00"))
    data_of(api.patch(f"{ATTENDANCES}/{number}", json={"start_time": "09:00", "end_time": "13:00"}))
    data_of(api.patch(f"{ATTENDANCES}/{number}", json={"date": "2022-08-23"}))
    data_of(api.patch(f"{ATTENDANCES}/{number}", json={"date": "2022-08-22"}))
    # What it left is free.
    create(api, row(worker, start_time="08:00", end_time="09:00"), row(worker, date="2022-08-23"))


# ------------------------------------------------------------------ approval


@pytest.mark.parametrize("skip", [False, "false", "False", "false ", 0, "0"], ids=repr)
def test_who_does_not_skip_approval_waits(api, worker, skip):
    [number] = create(api, row(worker), skip_approval=skip)
    assert attributes(api, number)["status"] == "pending"
    assert listed(api, worker) == []


@pytest.mark.parametrize("skip", [True, "true", "True", 1, "1 "], ids=repr)
def test_who_skips_approval_does_not_wait(api, worker, skip):
    [number] = create(api, row(worker), skip_approval=skip)
    assert attributes(api, number)["status"] == "confirmed"


@pytest.mark.parametrize("beside", [True, False], ids=["beside", "within"])
def test_an_update_waits(api, worker, beside):
    [number] = create(api, row(worker))
    change = {"comment": "please"}
    body = {"attendances": change, "skip_approval": False} if beside else {**change, "skip_approval": False}
    data_of(api.patch(f"{ATTENDANCES}/{number}", json=body))
    found = attributes(api, number)
    assert (found["status"], found["comment"]) == ("pending", "please")


def decide(api, number, verdict, **arguments):
    return api.post(f"{ATTENDANCES}/{number}/{verdict}", **arguments)


@pytest.mark.parametrize(
    "arguments",
    [{}, {"json": {}}, {"json": {"comment": "Gut, danke!"}}, {"data": {"comment": "Gut, danke!"}}],
    ids=["nothing", "empty", "json", "form"],
)
@pytest.mark.parametrize(("verdict", "status"), [("approve", "confirmed"), ("reject", "rejected")])
def test_a_decision(api, worker, verdict, status, arguments):
    [number] = create(api, row(worker), skip_approval=False)
    assert data_of(decide(api, number, verdict, **arguments))["status"] == status
    found = attributes(api, number)
    assert found["status"] == status
    assert found["approval"]["credential"] == LOGIN["client_id"]
    assert found["approval"]["comment"] == ("Gut, danke!" if "anke" in str(arguments) else None)
    decided = datetime.fromisoformat(found["approval"]["decided_at"])
    assert timedelta(0) <= datetime.now(timezone.utc) - decided < timedelta(minutes=1)
    assert listed(api, worker) == ([number] if status == "confirmed" else [])
    # There is nothing left to decide.
    for again in ("approve", "reject"):
        error_of(decide(api, number, again), 409)


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_only_what_waits_is_decided_on(api, worker, verdict):
    [number] = create(api, row(worker))
    error_of(decide(api, number, verdict), 409)
    found = attributes(api, number)
    assert found["status"] == "confirmed"
    assert "approval" not in found


@pytest.mark.parametrize("comment", [5, [], "x" * 1001], ids=["number", "list", "long"])
def test_a_decision_that_cannot_be_read(api, worker, comment):
    [number] = create(api, row(worker), skip_approval=False)
    assert "comment" in error_of(decide(api, number, "approve", json={"comment": comment}))["message"]
    assert attributes(api, number)["status"] == "pending"


def test_a_deletion_that_is_approved(api, worker):
    [number] = create(api, row(worker))
    data_of(api.delete(f"{ATTENDANCES}/{number}", params={"skip_approval": "false"}))
    data_of(decide(api, number, "approve"))
    error_of(api.get(f"{ATTENDANCES}/{number}"), 404)
    assert listed(api, worker, includePending="true") == []


def test_a_deletion_that_is_rejected(api, worker):
    [number] = create(api, row(worker))
    before = attributes(api, number)
    data_of(api.delete(f"{ATTENDANCES}/{number}", params={"skip_approval": "false"}))
    data_of(decide(api, number, "reject"))
    after = attributes(api, number)
    assert {field: after[field] for field in before if field != "updated_at"} == {
        field: value for field, value in before.items() if field != "updated_at"
    }
    assert listed(api, worker) == [number]


@pytest.mark.parametrize("query", ["", *(f"?skip_approval={value}" for value in ("true", "True%20", "1", ""))])
def test_a_deletion_at_once(api, worker, query):
    [number] = create(api, row(worker))
    answer = api.delete(f"{ATTENDANCES}/{number}{query}")
    assert data_of(answer) == {"message": "The attendance period was deleted."}
    error = error_of(api.delete(f"{ATTENDANCES}/{number}{query}"), 404)
    assert error["message"] == NOT_FOUND


def test_a_deletion_that_cannot_be_read(api, worker):
    [number] = create(api, row(worker))
    error = error_of(api.delete(f"{ATTENDANCES}/{number}", params={"skip_approval": "perhaps"}))
    assert "skip_approval" in error["message"]
    assert listed(api, worker) == [number]


# ------------------------------------------------------------------ projects


def fields_of(answer):
    """Which fields of a project are wrong, in the envelope that only projects have."""
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert body.keys() == {"success", "error"}
    assert body["success"] is False
    assert all(isinstance(messages, list) and messages for messages in body["error"].values())
    return body["error"]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"name": ["Project name cannot be empty"]}),
        ({"active": True}, {"name": ["Project name cannot be empty"]}),
        ({"name": None}, {"name": ["Project name cannot be empty"]}),
        ({"name": ""}, {"name": ["Project name cannot be empty"]}),
        ({"name": " \t"}, {"name": ["Project name cannot be empty"]}),
        ({"name": "x", "active": "perhaps"}, {"active": ["Active field needs to be of type boolean"]}),
        ({"name": "x", "active": 2}, {"active": ["Active field needs to be of type boolean"]}),
        (
            {"name": "", "active": []},
            {"name": ["Project name cannot be empty"], "active": ["Active field needs to be of type boolean"]},
        ),
    ],
    ids=str,
)
def test_projects_that_cannot_be_stored(api, body, wrong):
    before = data_of(api.get(PROJECTS))
    assert fields_of(api.post(PROJECTS, json=body)) == wrong
    assert data_of(api.get(PROJECTS)) == before


@pytest.mark.parametrize("name", [5, [], {}, "x" * 256, "two\nlines"], ids=lambda name: str(name)[:9])
def test_names_that_no_project_can_have(api, name):
    assert fields_of(api.post(PROJECTS, json={"name": name})).keys() == {"name"}


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"name": ""}, {"name": ["Project name cannot be empty"]}),
        ({"active": "perhaps"}, {"active": ["Active field needs to be of type boolean"]}),
    ],
    ids=str,
)
def test_updates_of_projects_that_cannot_be_stored(api, body, wrong):
    before = new_project(api)
    assert fields_of(api.patch(f"{PROJECTS}/{before['id']}", json=body)) == wrong
    assert before in data_of(api.get(PROJECTS))


def test_a_body_that_is_no_json_is_refused_for_projects_too(api, project):
    """In the envelope of all other errors: there is no field to name."""
    for answer in (send_raw(api, "POST", PROJECTS, "{"), send_raw(api, "PATCH", f"{PROJECTS}/{project}", "{")):
        assert "JSON" in error_of(answer)["message"]


def test_a_new_project_is_not_active(api):
    new = data_of(api.post(PROJECTS, json={"name": f"Bench {uuid.uuid4().hex}"}))
    assert new["attributes"]["active"] is False


@pytest.mark.parametrize("change", [{}, {"name": "its own name"}, {"active": False}, {"active": "False "}], ids=str)
def test_what_is_sent_of_a_project_is_changed_and_the_rest_stays(api, change):
    before = new_project(api)
    after = data_of(api.patch(f"{PROJECTS}/{before['id']}", json=change))
    expected = {**before["attributes"], **change, "updated_at": after["attributes"]["updated_at"]}
    if "active" in change:
        expected["active"] = False
    assert after["attributes"] == expected
    assert after in data_of(api.get(PROJECTS))


def test_two_active_projects_have_two_names(api):
    first, second = new_project(api), new_project(api)
    name = first["attributes"]["name"]
    assert fields_of(api.post(PROJECTS, json={"name": name.upper(), "active": True})).keys() == {"name"}
    assert fields_of(api.patch(f"{PROJECTS}/{second['id']}", json={"name": name})).keys() == {"name"}
    data_of(api.patch(f"{PROJECTS}/{first['id']}", json={"active": False}))
    data_of(api.patch(f"{PROJECTS}/{second['id']}", json={"name": name}))
    assert fields_of(api.patch(f"{PROJECTS}/{first['id']}", json={"active": True})).keys() == {"name"}


def test_the_name_of_a_deleted_project_is_free(api):
    first = new_project(api)
    assert api.delete(f"{PROJECTS}/{first['id']}").status_code == 204
    second = new_project(api, name=first["attributes"]["name"])
    assert second["id"] != first["id"]


@pytest.mark.parametrize("number", [NOBODY, 2**31 - 1])
def test_projects_that_are_not_there(api, number):
    expected = {"success": False, "message": f"Project {number} not found"}
    for answer in (
        api.delete(f"{PROJECTS}/{number}"),
        api.patch(f"{PROJECTS}/{number}", json={"name": "x"}),
        api.patch(f"{PROJECTS}/{number}", json={}),
    ):
        assert answer.status_code == 404
        assert answer.json() == expected


@pytest.mark.parametrize("number", ["ibex", "-1", "1.5", "1%20", 0, 2**31, 10**30])
def test_ids_that_no_project_can_have(api, number):
    for answer in (api.delete(f"{PROJECTS}/{number}"), api.patch(f"{PROJECTS}/{number}", json={"name": "x"})):
        assert answer.status_code == 404
        body = answer.json()
        assert body.keys() == {"success", "message"}
        assert body["message"].startswith("Project") and body["message"].endswith("not found")
        # The sentence has no hole where the id was left out.
        assert "  " not in body["message"]


def test_nothing_new_is_booked_on_a_closed_project(api, worker):
    inactive, deleted = new_project(api, active=False)["id"], new_project(api)["id"]
    assert api.delete(f"{PROJECTS}/{deleted}").status_code == 204
    for one in refused(api, row(worker, project_id=inactive), row(worker, project_id=deleted)):
        assert "project" in one["error_msg"]
    [number] = create(api, row(worker))
    for closed in (inactive, deleted):
        assert "project" in error_of(api.patch(f"{ATTENDANCES}/{number}", json={"project_id": closed}))["message"]
    assert attributes(api, number)["project"] is None


def test_what_was_booked_on_a_closed_project_stays(api, worker, project):
    [number] = create(api, row(worker, project_id=project))
    data_of(api.patch(f"{PROJECTS}/{project}", json={"active": False}))
    data_of(api.patch(f"{ATTENDANCES}/{number}", json={"comment": "still", "project_id": project}))
    assert attributes(api, number)["project"]["attributes"]["active"] is False
    name = attributes(api, number)["project"]["attributes"]["name"]
    assert api.delete(f"{PROJECTS}/{project}").status_code == 204
    shown_project = {"id": project, "type": "Project", "attributes": {"name": name, "active": False}}
    assert attributes(api, number)["project"] == shown_project
    assert page(api, worker)["data"][0]["attributes"]["project"] == shown_project


# ------------------------------------------------------------------ who may


CALLS = [
    ("GET", ATTENDANCES, "attendances:read"),
    ("POST", ATTENDANCES, "attendances:write"),
    ("GET", f"{ATTENDANCES}/1", "attendances:read"),
    ("PATCH", f"{ATTENDANCES}/1", "attendances:write"),
    ("DELETE", f"{ATTENDANCES}/1", "attendances:write"),
    ("POST", f"{ATTENDANCES}/1/approve", "attendances:write"),
    ("POST", f"{ATTENDANCES}/1/reject", "attendances:write"),
    ("GET", PROJECTS, "attendances:read"),
    ("POST", PROJECTS, "attendances:write"),
    ("PATCH", f"{PROJECTS}/1", "attendances:write"),
    ("DELETE", f"{PROJECTS}/1", "attendances:write"),
]


@pytest.fixture(name="tokens", scope="module")
def fixture_tokens():
    """Tokens by the scope that their credentials were made for."""
    return {scope: token_of(*granted(scope)) for scope in ("attendances:read", "attendances:write", "employees:read")}


@pytest.mark.parametrize(("method", "path", "scope"), CALLS)
def test_nobody_comes_without_a_token(method, path, scope):
    assert error_of(Api(None).request(method, path), 401)["message"] == "Authorization is not provided"
    assert error_of(Api("papi-nonsense").request(method, path), 403)["message"] == "Provided authorization is not valid"


@pytest.mark.parametrize(("method", "path", "scope"), CALLS)
def test_nobody_comes_without_the_scope(tokens, method, path, scope):
    for has, token in tokens.items():
        if scope in granted(has):
            continue
        answer = Api(token).request(method, path)
        assert scope in error_of(answer, 403)["message"]
        assert keeps_the_token(answer, token)


def test_each_scope_suffices(api, tokens, worker):
    writer, reader = Api(tokens["attendances:write"]), Api(tokens["attendances:read"])
    [number] = create(writer, row(worker))
    assert listed(reader, worker) == [number]
    assert attributes(reader, number)["employee"] == worker
    data_of(writer.patch(f"{ATTENDANCES}/{number}", json={"comment": "written", "skip_approval": False}))
    data_of(writer.post(f"{ATTENDANCES}/{number}/approve"))
    data_of(writer.delete(f"{ATTENDANCES}/{number}"))
    new = new_project(writer)
    assert new in data_of(reader.get(PROJECTS))
    data_of(writer.patch(f"{PROJECTS}/{new['id']}", json={"active": False}))
    assert writer.delete(f"{PROJECTS}/{new['id']}").status_code == 204


def test_errors_repeat_the_token(api, token):
    answers = [
        api.get(ATTENDANCES),
        api.post(ATTENDANCES, json={}),
        api.patch(f"{ATTENDANCES}/{NOBODY}", json={"comment": "x"}),
        api.delete(f"{ATTENDANCES}/{NOBODY}"),
        api.post(PROJECTS, json={}),
        api.delete(f"{PROJECTS}/{NOBODY}"),
        send_raw(api, "POST", ATTENDANCES, "{"),
        api.post(ATTENDANCES, data="x", headers={"Content-Type": "text/plain"}),
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 404, 404, 400, 404, 400, 415]
    assert all(keeps_the_token(answer, token) for answer in answers)
