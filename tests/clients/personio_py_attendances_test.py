"""personio-py, as it comes from PyPI, writes and reads attendances and projects.

`tests/clients/run` starts the muster and sets the environment of these tests.
Attendances belong to an employee who is created for the test, so no test is in the way of another.
"""

import uuid
from datetime import date, datetime, time, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import personio_py.util
import pytest
from personio_py import Attendance, Employee, PersonioApiError, PersonioError, Project
from support import COMPANY, DECLARED, ZONE, Recorder, connect, newcomer

PATH = "company/attendances"

# In the answers, and unknown to the client.
UNKNOWN_TO_CLIENT = {"updated_at", "status", "project", "id_v2"}

LEAP_DAY = date(2024, 2, 29)


def hire(client):
    return client.create_employee(newcomer(), refresh=False)


@pytest.fixture(name="worker")
def fixture_worker(client):
    """An employee of the test alone."""
    return hire(client)


def period(employee, **fields):
    """A period that was not created yet."""
    given = {
        "employee_id": employee.id_,
        "date": LEAP_DAY,
        "start_time": "08:30",
        "end_time": "17:00",
        "break_duration": 45,
        "comment": "Grüße, \"Ada\" & Co.\n🚲",
    }
    return Attendance(**{**given, **fields})


def periods_on(employee, days, **fields):
    return [period(employee, date=LEAP_DAY + timedelta(days=day), **fields) for day in days]


def created(client, *periods):
    client.create_attendances(list(periods))
    return periods[0] if len(periods) == 1 else periods


def shown(attendance):
    """What the client parsed of a period, field by field."""
    return {field.class_field: getattr(attendance, field.class_field) for field in Attendance._field_mapping_list}


def only(client, employee):
    """The one period that an employee has."""
    [attendance] = client.get_attendances(employee)
    return attendance


def sent(client, employee):
    """What the client was sent for each period of an employee, also for those that are not confirmed."""
    params = {"start_date": "2000-01-01", "end_date": "2050-12-31", "employees[]": employee.id_}
    return client.request_json(PATH, params={**params, "includePending": "true"})["data"]


def ids(resources):
    return [resource.id_ for resource in resources]


def hours(hour, minute=0):
    return timedelta(hours=hour, minutes=minute)


# ------------------------------------------------------------------ creating and reading back


def test_every_field_is_read_back(client, worker):
    given = period(worker)
    assert client.create_attendances([given]) is True
    assert shown(only(client, worker)) == {
        "id_": given.id_,
        "employee_id": worker.id_,
        "date": LEAP_DAY,
        "start_time": hours(8, 30),
        "end_time": hours(17),
        "break_duration": 45,
        "comment": "Grüße, \"Ada\" & Co.\n🚲",
        "is_holiday": False,
        "is_on_time_off": False,
    }


def test_every_field_has_its_type(client, worker):
    created(client, period(worker))
    types = {field: type(value) for field, value in shown(only(client, worker)).items()}
    assert types == {
        "id_": int,
        "employee_id": int,
        "date": date,
        "start_time": timedelta,
        "end_time": timedelta,
        "break_duration": int,
        "comment": str,
        "is_holiday": bool,
        "is_on_time_off": bool,
    }


def test_what_is_none_becomes_the_least(client, worker):
    """The client sends 0 and an empty text."""
    created(client, period(worker, break_duration=None, comment=None))
    found = only(client, worker)
    assert (found.break_duration, found.comment) == (0, "")


def test_a_period_that_runs_has_no_end(client, worker):
    created(client, period(worker, end_time=None))
    assert only(client, worker).end_time is None


@pytest.mark.parametrize("day", [datetime(2024, 2, 29), datetime(2024, 2, 29, 23, 59, tzinfo=timezone.utc), LEAP_DAY])
def test_days_come_as_dates_and_as_date_times(client, worker, day):
    created(client, period(worker, date=day))
    assert only(client, worker).date == LEAP_DAY


@pytest.mark.parametrize(
    ("start", "end"),
    [("08:05", "17:00"), ("8:05", "17:00:00"), (str(time(8, 5)), str(time(17))), (str(hours(8, 5)), str(hours(17)))],
)
def test_times_come_in_many_forms(client, worker, start, end):
    created(client, period(worker, start_time=start, end_time=end))
    found = only(client, worker)
    assert (found.start_time, found.end_time) == (hours(8, 5), hours(17))


@pytest.mark.parametrize(("start", "end"), [("00:00", "23:59"), ("00:00", "00:01"), ("23:58", "23:59")])
def test_the_ends_of_a_day(client, worker, start, end):
    created(client, period(worker, start_time=start, end_time=end, break_duration=0))
    assert [one["attributes"]["start_time"] for one in sent(client, worker)] == [start]
    assert [one["attributes"]["end_time"] for one in sent(client, worker)] == [end]


def test_several_at_once_have_their_ids_in_order(client, worker):
    other = hire(client)
    given = [
        period(worker, start_time="13:00", end_time="17:00", comment="afternoon"),
        period(other, comment="other"),
        period(worker, start_time="08:00", end_time="12:00", comment="morning"),
    ]
    assert client.create_attendances(given) is True
    assert len(set(ids(given))) == 3
    comments = {attendance.id_: attendance.comment for attendance in client.get_attendances([worker, other])}
    assert comments == {attendance.id_: attendance.comment for attendance in given}


def test_a_period_creates_itself(client, worker):
    given = period(worker)
    given.create(client)
    assert only(client, worker).id_ == given.id_


def test_a_period_without_a_client_does_not_create_itself(worker):
    with pytest.raises(PersonioError):
        period(worker).create()


def test_periods_that_touch_are_no_overlap(client, worker):
    given = [
        period(worker, start_time=f"{hour:02}:00", end_time=f"{hour + 1:02}:00", break_duration=0)
        for hour in range(23)
    ]
    client.create_attendances(given)
    assert ids(client.get_attendances(worker)) == ids(given)


# ------------------------------------------------------------------ batches that fail


def test_a_batch_that_fails_in_part_stores_the_rest(client, worker):
    taken = created(client, period(worker))
    given = [
        period(worker, date=date(2024, 3, 1), comment="first"),
        period(worker, comment="in the way"),
        period(worker, date=date(2024, 3, 2), comment="last"),
    ]
    with pytest.raises(PersonioApiError) as caught:
        client.create_attendances(given)
    error = caught.value
    assert (error.status_code, error.error_code) == (400, 400)
    assert error.message == "Error when trying to insert Attendances periods rows"
    assert str(error) == f"request failed with HTTP status code 400: {error.message} (error code 400)"
    # As the client says: the objects are left alone.
    assert ids(given) == [None, None, None]
    found = client.get_attendances(worker)
    assert [one.comment for one in found] == [taken.comment, "first", "last"]

    rows = error.response.json()["error"]["detailed_message"]
    assert [row["success"] for row in rows] == [True, False, True]
    assert [row["id"] for row in rows] == [found[1].id_, None, found[2].id_]
    assert [row["error_msg"] for row in rows] == [None, "Existing overlapping attendances periods", None]
    assert rows[1]["conflicting_ids"] == [taken.id_]
    for row, attendance in zip(rows, given):
        assert {field: row[field] for field in ("employee", "date", "start_time", "end_time", "break", "comment")} == {
            "employee": worker.id_,
            "date": attendance.date.isoformat(),
            "start_time": "08:30",
            "end_time": "17:00",
            "break": 45,
            "comment": attendance.comment,
        }
        assert row["project_id"] is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"employee_id": 2_000_000_000}, "employee"),
        ({"employee_id": None}, "employee"),
        ({"start_time": "17:00", "end_time": "08:00"}, "has to be smaller than end time"),
        ({"start_time": "08:00", "end_time": "08:00"}, "has to be smaller than end time"),
        ({"start_time": None}, "start_time"),
        ({"start_time": "25:00"}, "start_time"),
        ({"end_time": "early"}, "end_time"),
        ({"break_duration": -1}, "break"),
        ({"break_duration": 1000}, "break"),
        ({"comment": "x" * 1001}, "comment"),
    ],
)
def test_what_cannot_be_stored(client, worker, fields, words):
    with pytest.raises(PersonioApiError) as caught:
        client.create_attendances([period(worker, **fields)])
    assert (caught.value.status_code, caught.value.error_code) == (400, 400)
    [row] = caught.value.response.json()["error"]["detailed_message"]
    assert (row["success"], row["id"]) == (False, None)
    assert words in row["error_msg"]
    # Nothing was stored, and the client is not harmed.
    assert client.get_attendances(worker) == []
    created(client, period(worker))


def test_an_empty_batch(client):
    with pytest.raises(PersonioApiError) as caught:
        client.create_attendances([])
    assert (caught.value.status_code, caught.value.error_code) == (400, 400)
    assert "attendances" in caught.value.message


# ------------------------------------------------------------------ lists


@pytest.fixture(name="three", scope="module")
def fixture_three():
    """Three employees with a period on each of five days. For reading only."""
    client = connect()
    three = [hire(client) for _ in range(3)]
    for employee in three:
        client.create_attendances(periods_on(employee, range(5)))
    return three


def test_employees_come_as_objects_and_as_ids(client, three):
    whole = client.get_attendances(three)
    assert len(whole) == 15
    assert ids(client.get_attendances([employee.id_ for employee in three])) == ids(whole)
    assert ids(client.get_attendances([three[0], three[1].id_, three[2]])) == ids(whole)
    for employee in three:
        alone = client.get_attendances(employee)
        assert {one.employee_id for one in alone} == {employee.id_}
        assert ids(alone) == ids(client.get_attendances(employee.id_))
        assert ids(alone) == [one.id_ for one in whole if one.employee_id == employee.id_]


def test_lists_go_by_day_and_then_by_employee(client, three):
    found = [(one.date, one.employee_id) for one in client.get_attendances(three)]
    assert found == sorted(found)


def test_periods_of_a_list_know_their_client(client, three):
    assert all(one._client is client for one in client.get_attendances(three))


def test_nobody_asked_for(client):
    with pytest.raises(ValueError):
        client.get_attendances([])


@pytest.mark.parametrize("employee", [2_000_000_000, [2_000_000_000, 2_000_000_001], Employee(id_=2_000_000_000)])
def test_nobody_there(client, employee):
    assert client.get_attendances(employee) == []


def test_more_employees_than_the_client_asks_for_at_once(three):
    """It asks for fifty at a time, each with a part of its own of the query."""
    session = Recorder()
    strangers = list(range(2_000_000_000, 2_000_000_098))
    asked = [three[0].id_, *strangers[:60], three[1].id_, *strangers[60:], three[2]]
    found = connect(session=session).get_attendances(asked)
    assert sorted(ids(found)) == sorted(ids(connect().get_attendances(three)))
    queries = [parse_qs(urlsplit(path).query) for path in session.paths() if "attendances" in path]
    assert {len(query["employees[]"]) for query in queries} == {50, 1}


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (0, 4, [0, 1, 2, 3, 4]),
        (1, 3, [1, 2, 3]),
        (2, 2, [2]),
        (-9, 0, [0]),
        (4, 99, [4]),
        (5, 99, []),
        (None, 1, [0, 1]),
        (3, None, [3, 4]),
    ],
)
@pytest.mark.parametrize("kind", [date, datetime], ids=["dates", "date-times"])
def test_both_ends_of_a_range_are_in_it(client, three, first, last, days, kind):
    """The client fills in 1900 and a day in ten years."""
    bounds = [None if day is None else LEAP_DAY + timedelta(days=day) for day in (first, last)]
    if kind is datetime:
        bounds = [bound and datetime(bound.year, bound.month, bound.day, 23, 59) for bound in bounds]
    found = client.get_attendances(three[0], *bounds)
    assert [one.date for one in found] == [LEAP_DAY + timedelta(days=day) for day in days]


def test_a_range_that_ends_before_it_begins(client, three):
    with pytest.raises(PersonioApiError) as caught:
        client.get_attendances(three[0], date(2024, 3, 2), date(2024, 3, 1))
    assert caught.value.status_code == 400
    assert "end_date" in caught.value.message


def test_the_client_turns_pages(client, worker):
    """It asks for 200 at a time."""
    given = periods_on(worker, range(410))
    client.create_attendances(given)
    session = Recorder()
    found = connect(session=session).get_attendances(worker)
    assert ids(found) == ids(given)
    queries = [parse_qs(urlsplit(path).query) for path in session.paths() if "attendances" in path]
    assert [query["offset"] for query in queries] == [["0"], ["200"], ["400"], ["600"]]
    assert {query["limit"][0] for query in queries} == {"200"}


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 14, 15, 16])
def test_pages_of_any_size(client, three, limit):
    params = {"start_date": "2024-01-01", "end_date": "2024-12-31", "employees[]": [one.id_ for one in three]}
    whole = client.request_paginated(PATH, params=dict(params))
    paged = client.request_paginated(PATH, params=dict(params), limit=limit)
    assert len(whole["data"]) == 15
    assert paged["data"] == whole["data"]


def test_pages_of_a_whole_company(client, three):
    """Without employees it is another way through the store."""
    params = {"start_date": "2024-02-29", "end_date": "2024-03-01"}
    listed = [one["id"] for one in client.request_paginated(PATH, params=dict(params), limit=3)["data"]]
    assert len(set(listed)) == len(listed)
    assert set(ids(client.get_attendances(three, date(2024, 2, 29), date(2024, 3, 1)))) <= set(listed)


# ------------------------------------------------------------------ updating


CHANGES = [
    ("date", date(2025, 12, 31), date(2025, 12, 31)),
    ("start_time", "06:00", hours(6)),
    ("end_time", "18:45", hours(18, 45)),
    ("break_duration", 0, 0),
    ("break_duration", 60, 60),
    ("comment", "Änderung", "Änderung"),
    ("comment", "", ""),
]


@pytest.mark.parametrize(("field", "given", "stored"), CHANGES)
def test_one_field_is_changed_and_the_rest_stays(client, worker, field, given, stored):
    created(client, period(worker))
    before = shown(only(client, worker))
    answer = client.update_attendance(Attendance(id_=before["id_"], **{field: given}))
    assert answer["success"] is True
    assert answer["data"]["message"] == "The attendance period was updated."
    assert shown(only(client, worker)) == {**before, field: stored}


def test_what_was_read_can_be_written(client, worker):
    """The client writes the times that it read as `8:30:00`."""
    created(client, period(worker, start_time="08:30", end_time="17:00"))
    read = only(client, worker)
    assert (str(read.start_time), str(read.end_time)) == ("8:30:00", "17:00:00")
    client.update_attendance(read)
    assert shown(only(client, worker)) == shown(read)


def test_a_period_that_was_read_is_changed_and_updates_itself(client, worker):
    created(client, period(worker))
    read = only(client, worker)
    read.end_time += timedelta(minutes=30)
    read.comment += " Nachtrag"
    read.date += timedelta(days=1)
    read.update()
    assert shown(only(client, worker)) == shown(read)


def test_a_created_period_is_updated(client, worker):
    given = created(client, period(worker))
    given.comment = "afterwards"
    given.update(client)
    assert only(client, worker).comment == "afterwards"


def test_a_running_period_is_ended(client, worker):
    given = created(client, period(worker, end_time=None))
    client.update_attendance(Attendance(id_=given.id_, end_time="16:15"))
    assert only(client, worker).end_time == hours(16, 15)


def test_an_update_cannot_lie_over_another_period(client, worker):
    morning, afternoon = created(
        client,
        period(worker, start_time="08:00", end_time="12:00"),
        period(worker, start_time="13:00", end_time="17:00"),
    )
    with pytest.raises(PersonioApiError) as caught:
        client.update_attendance(Attendance(id_=afternoon.id_, start_time="11:59"))
    assert (caught.value.status_code, caught.value.error_code) == (400, 400)
    [row] = caught.value.response.json()["error"]["detailed_message"]
    assert row["error_msg"] == "Existing overlapping attendances periods"
    assert row["conflicting_ids"] == [morning.id_]
    assert [one.start_time for one in client.get_attendances(worker)] == [hours(8), hours(13)]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"start_time": "18:00"}, "has to be smaller than end time"),
        ({"end_time": "08:00"}, "has to be smaller than end time"),
        ({"break_duration": 511}, "break"),
        ({"start_time": "noon"}, "start_time"),
        ({"comment": "x" * 1001}, "comment"),
    ],
)
def test_an_update_that_cannot_be_stored(client, worker, fields, words):
    created(client, period(worker))
    before = only(client, worker)
    with pytest.raises(PersonioApiError) as caught:
        client.update_attendance(Attendance(id_=before.id_, **fields))
    assert (caught.value.status_code, caught.value.error_code) == (400, 400)
    assert words in caught.value.message
    assert shown(only(client, worker)) == shown(before)


def test_an_update_that_says_nothing(client, worker):
    given = created(client, period(worker))
    with pytest.raises(PersonioApiError) as caught:
        client.update_attendance(Attendance(id_=given.id_))
    assert caught.value.status_code == 400
    assert caught.value.message


@pytest.mark.parametrize("number", [2_000_000_000, 2**31, 10**20, 0, -1])
def test_an_update_of_nothing(client, number):
    with pytest.raises(PersonioApiError) as caught:
        client.update_attendance(Attendance(id_=number, comment="nobody's"))
    assert (caught.value.status_code, caught.value.error_code) == (404, 404)
    assert caught.value.message == "The attendance period was not found."


def test_an_update_without_an_id(client, worker):
    with pytest.raises(ValueError):
        client.update_attendance(period(worker))


# ------------------------------------------------------------------ deleting


WAYS_TO_DELETE = {
    "client and object": lambda client, attendance: client.delete_attendance(attendance),
    "client and id": lambda client, attendance: client.delete_attendance(attendance.id_),
    "object and client": lambda client, attendance: attendance.delete(client),
}


@pytest.mark.parametrize("way", WAYS_TO_DELETE)
def test_delete(client, worker, way):
    first, second = created(client, *periods_on(worker, range(2)))
    answer = WAYS_TO_DELETE[way](client, first)
    assert answer in (None, {"success": True, "data": {"message": "The attendance period was deleted."}})
    assert ids(client.get_attendances(worker)) == [second.id_]
    # Its place is free again.
    again = created(client, period(worker))
    assert again.id_ not in (first.id_, second.id_)


def test_a_period_that_was_read_deletes_itself(client, worker):
    created(client, period(worker))
    only(client, worker).delete()
    assert client.get_attendances(worker) == []
    assert sent(client, worker) == []


def test_a_period_is_deleted_once(client, worker):
    given = created(client, period(worker))
    client.delete_attendance(given)
    for _ in range(2):
        with pytest.raises(PersonioApiError) as caught:
            client.delete_attendance(given)
        assert (caught.value.status_code, caught.value.error_code) == (404, 404)
        assert caught.value.message == "The attendance period was not found."
    with pytest.raises(PersonioApiError) as caught:
        client.update_attendance(given)
    assert caught.value.status_code == 404


@pytest.mark.parametrize("what", [Attendance(), "1", None], ids=["no id", "text", "nothing"])
def test_the_client_deletes_by_id_or_object(client, what):
    with pytest.raises(ValueError):
        client.delete_attendance(what)


# ------------------------------------------------------------------ what the client does not parse


def test_the_rest_of_the_answer(client, worker):
    given = created(client, period(worker))
    [one] = sent(client, worker)
    assert (one["id"], one["type"]) == (given.id_, "AttendancePeriod")
    assert "id" not in one["attributes"]
    assert one["attributes"]["status"] == "confirmed"
    assert one["attributes"]["project"] is None
    assert str(uuid.UUID(one["attributes"]["id_v2"])) == one["attributes"]["id_v2"]


def test_the_time_of_the_last_change(client, worker):
    begin = datetime.now(timezone.utc).replace(microsecond=0)
    given = created(client, period(worker))

    def updated():
        [one] = sent(client, worker)
        return datetime.fromisoformat(one["attributes"]["updated_at"])

    first = updated()
    assert begin <= first <= datetime.now(timezone.utc)
    assert first.utcoffset() == first.astimezone(ZONE).utcoffset()
    client.update_attendance(Attendance(id_=given.id_, comment="later"))
    assert first <= updated() <= datetime.now(timezone.utc)


def test_the_client_writes_what_it_was_sent(client, worker):
    client.create_attendances([
        period(worker),
        period(worker, date=date(2024, 3, 1), end_time=None, comment="", break_duration=0),
    ])
    for one, wire in zip(client.get_attendances(worker), sent(client, worker), strict=True):
        known = {key: value for key, value in wire["attributes"].items() if key not in UNKNOWN_TO_CLIENT}
        assert one.to_dict() == {
            "type": "AttendancePeriod",
            "id": wire["id"],
            # It leaves out what is not there.
            "attributes": {key: value for key, value in known.items() if value is not None},
        }


def test_round_trip(client, worker):
    client.create_attendances(periods_on(worker, range(3)))
    for one in client.get_attendances(worker):
        again = Attendance.from_dict(one.to_dict(), client)
        assert again == one
        assert again.to_dict() == one.to_dict()


def test_periods_are_compared_and_sorted(client, worker):
    client.create_attendances(periods_on(worker, range(3)))
    found = client.get_attendances(worker)
    assert found == client.get_attendances(worker)
    assert sorted(reversed(found)) == found
    assert len(set(found)) == 3


def test_the_client_warns_only_of_what_it_does_not_know(client, worker, caplog, monkeypatch):
    """All of it is in the vendor's answers, too, and newer than the client."""
    # It warns of everything once only.
    monkeypatch.setattr(personio_py.util, "_unique_logs", set())
    project = client.create_project(new_project())
    given = created(client, period(worker))
    client.request_json(f"{PATH}/{given.id_}", method="PATCH", data={"project_id": project.id_})
    client.get_attendances(worker)
    client.get_projects()
    warnings = {record.getMessage() for record in caplog.records if record.name.startswith("personio_py")}
    assert warnings == {f"unexpected field '{field}' in class Attendance" for field in UNKNOWN_TO_CLIENT}


# ------------------------------------------------------------------ holidays


BAVARIA, BERLIN, FRANCE, ENGLAND = (calendar["name"] for calendar in COMPANY["holiday_calendars"])

# Where a day is a public holiday. No test has attendance of these employees but the one below.
HOLIDAYS = {
    date(2022, 1, 1): {BAVARIA, BERLIN, FRANCE, ENGLAND},
    date(2022, 1, 3): {ENGLAND},
    date(2022, 1, 6): {BAVARIA},
    date(2022, 3, 8): {BERLIN},
    date(2022, 4, 15): {BAVARIA, BERLIN, ENGLAND},
    date(2022, 4, 18): {BAVARIA, BERLIN, FRANCE, ENGLAND},
    date(2022, 5, 2): {ENGLAND},
    date(2022, 5, 4): set(),
    date(2022, 5, 8): {FRANCE},
    date(2022, 5, 26): {BAVARIA, BERLIN, FRANCE},
    date(2022, 6, 3): {ENGLAND},
    date(2022, 6, 16): {BAVARIA},
    date(2022, 7, 14): {FRANCE},
    date(2022, 8, 15): {BAVARIA, FRANCE},
    date(2022, 8, 29): {ENGLAND},
    date(2022, 9, 19): {ENGLAND},
    date(2022, 10, 3): {BAVARIA, BERLIN},
    date(2022, 11, 1): {BAVARIA, FRANCE},
    date(2022, 11, 11): {FRANCE},
    date(2022, 12, 24): set(),
    date(2022, 12, 26): {BAVARIA, BERLIN, ENGLAND},
    date(2022, 12, 27): {ENGLAND},
}


@pytest.fixture(name="locals_", scope="module")
def fixture_locals():
    """An employee of the company file for each calendar. For reading only."""
    addresses = {employee["holiday_calendar"]: email for email, employee in reversed(DECLARED.items())}
    employees = {employee.email: employee for employee in connect().get_employees()}
    return {calendar: employees[address] for calendar, address in addresses.items()}


@pytest.mark.parametrize("day", HOLIDAYS, ids=str)
def test_holidays_are_those_of_the_employee(client, locals_, day):
    client.create_attendances([period(employee, date=day) for employee in locals_.values()])
    found = client.get_attendances(list(locals_.values()), day, day)
    holiday = {one.employee_id: one.is_holiday for one in found}
    assert {calendar for calendar, employee in locals_.items() if holiday[employee.id_]} == HOLIDAYS[day]


def test_a_period_that_is_moved_to_a_holiday(client, locals_):
    employee = locals_[BAVARIA]
    given = created(client, period(employee, date=date(2021, 1, 5)))
    [before] = client.get_attendances(employee, date(2021, 1, 5), date(2021, 1, 6))
    client.update_attendance(Attendance(id_=given.id_, date=date(2021, 1, 6)))
    [after] = client.get_attendances(employee, date(2021, 1, 5), date(2021, 1, 6))
    assert (before.is_holiday, after.is_holiday) == (False, True)


# ------------------------------------------------------------------ projects


def new_project(**fields):
    return Project(**{"name": f"Prüfstand {uuid.uuid4().hex}", "active": True, **fields})


def find(client, number):
    """A project of the list; `None` if it is not there."""
    return {project.id_: project for project in client.get_projects()}.get(number)


def test_the_projects_of_the_company_file(client):
    listed = {project.id_: project for project in client.get_projects()}
    for number, declared in enumerate(COMPANY["projects"], 1):
        assert (listed[number].name, listed[number].active) == (declared["name"], declared["active"])


def test_projects_are_listed_in_the_order_of_their_ids(client):
    client.create_project(new_project())
    listed = ids(client.get_projects())
    assert listed == sorted(set(listed))


@pytest.mark.parametrize("active", [True, False])
def test_a_project_is_read_back(client, active):
    given = new_project(active=active)
    begin = datetime.now(timezone.utc).replace(microsecond=0)
    assert client.create_project(given) is given
    found = find(client, given.id_)
    assert (type(found.id_), found.name, found.active) == (int, given.name, active)
    for moment in (found.created_at, found.updated_at):
        assert begin <= moment <= datetime.now(timezone.utc)
        assert moment.utcoffset() == moment.astimezone(ZONE).utcoffset()


def test_a_project_creates_itself(client):
    given = new_project()
    given.create(client)
    assert find(client, given.id_).name == given.name


def test_a_new_project_is_not_active_unless_somebody_says_so(client):
    """The client sends null for what it was not given."""
    given = client.create_project(new_project(active=None))
    assert find(client, given.id_).active is False


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "Project name cannot be empty"), (None, "Project name cannot be empty"), ("x" * 256, "255")],
    ids=["empty", "none", "long"],
)
def test_a_project_that_cannot_be_stored(client, name, words):
    before = ids(client.get_projects())
    with pytest.raises(PersonioApiError) as caught:
        client.create_project(new_project(name=name))
    assert caught.value.status_code == 400
    body = caught.value.response.json()
    assert body["success"] is False
    assert words in body["error"]["name"][0]
    assert ids(client.get_projects()) == before


def test_a_project_is_changed(client):
    given = client.create_project(new_project())
    before = find(client, given.id_)
    given.name, given.active = given.name + " II", False
    assert client.update_project(given) is given
    after = find(client, given.id_)
    assert (after.name, after.active) == (given.name, False)
    assert after.created_at == before.created_at
    assert before.updated_at <= after.updated_at <= datetime.now(timezone.utc)


def test_a_project_that_was_read_updates_itself(client):
    read = find(client, client.create_project(new_project(active=False)).id_)
    read.active = True
    read.update()
    assert find(client, read.id_).active is True


@pytest.mark.parametrize(("field", "value"), [("active", False), ("name", "Prüfstand ohne Nummer")])
def test_one_field_of_a_project_is_changed_and_the_other_stays(client, field, value):
    """The client sends null for what it was not given."""
    given = client.create_project(new_project())
    client.update_project(Project(id_=given.id_, **{field: value}))
    found = find(client, given.id_)
    assert {"name": found.name, "active": found.active} == {"name": given.name, "active": True, field: value}


@pytest.mark.parametrize("number", [2_000_000_000, 2**31 - 1])
def test_an_update_of_no_project(client, number):
    with pytest.raises(PersonioApiError) as caught:
        client.update_project(new_project(id_=number))
    # The vendor's answer has its text where the client does not look.
    assert (caught.value.status_code, caught.value.message) == (404, None)
    assert caught.value.response.json() == {"success": False, "message": f"Project {number} not found"}


WAYS_TO_DELETE_A_PROJECT = {
    "client and object": lambda client, project: client.delete_project(project),
    "client and id": lambda client, project: client.delete_project(project.id_),
    "object and client": lambda client, project: project.delete(client),
}


@pytest.mark.parametrize("way", WAYS_TO_DELETE_A_PROJECT)
def test_delete_a_project(client, way):
    given = client.create_project(new_project())
    answer = WAYS_TO_DELETE_A_PROJECT[way](client, given)
    assert (answer.status_code, answer.content) == (204, b"")
    assert find(client, given.id_) is None


def test_a_project_is_deleted_once(client):
    given = client.create_project(new_project())
    client.delete_project(given)
    # The client does not raise.
    answer = client.delete_project(given)
    assert answer.status_code == 404
    assert answer.json() == {"success": False, "message": f"Project {given.id_} not found"}


@pytest.mark.parametrize("what", [Project(), "1", None], ids=["no id", "text", "nothing"])
def test_the_client_deletes_projects_by_id_or_object(client, what):
    with pytest.raises(ValueError):
        client.delete_project(what)


def test_round_trip_of_projects(client):
    client.create_project(new_project())
    wire = client.request_json(f"{PATH}/projects")["data"]
    assert [project.to_dict() for project in client.get_projects()] == wire
    for project in client.get_projects():
        assert Project.from_dict(project.to_dict(), client) == project


def test_attendance_keeps_its_project(client, worker):
    """The client cannot book on a project, and leaves it alone when it writes what it read."""
    project = client.create_project(new_project())
    given = created(client, period(worker))
    client.request_json(f"{PATH}/{given.id_}", method="PATCH", data={"project_id": project.id_})

    def booked():
        [one] = sent(client, worker)
        return one["attributes"]["project"]

    expected = {"id": project.id_, "type": "Project", "attributes": {"name": project.name, "active": True}}
    assert booked() == expected
    only(client, worker).update()
    assert booked() == expected
    client.update_project(Project(id_=project.id_, name=project.name + " II", active=False))
    expected["attributes"] = {"name": project.name + " II", "active": False}
    assert booked() == expected
    client.delete_project(project)
    assert booked() == expected
