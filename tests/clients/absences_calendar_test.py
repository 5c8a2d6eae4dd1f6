"""Who is away, as calendar programs read it: `absences.ics` through two parsers that other people wrote.

icalendar and ics come from PyPI; neither knows muster. `tests/clients/run` starts the muster and sets the environment
of these tests.
"""

import re
from datetime import date, datetime, timedelta, timezone

import icalendar
import ics
import pytest
from support import (
    COMPANY,
    DECLARED,
    NOBODY,
    ZONE,
    Api,
    data_of,
    entry,
    error_of,
    hire,
    keeps_the_token,
    token_of,
)

CALENDAR = "company/absences.ics"
DAYS = "company/time-offs"
HOURS = "company/absence-periods"

VACATION, SICK, AT_HOME, DOCTOR = (
    entry("absence_types", name)["id"]
    for name in ("Paid vacation", "Sick leave", "Home office", "Doctor's appointment")
)

# A Monday on which no other test has absences.
MONDAY = date(2031, 3, 3)


@pytest.fixture(name="book")
def fixture_book(api):
    """Stores absences, and removes them again: a calendar without employees has those of everybody."""
    stored = []

    def book(employee, first=MONDAY, last=None, kind=VACATION, **fields):
        path = HOURS if kind == DOCTOR else DAYS
        body = {"employee_id": employee, "time_off_type_id": kind, **fields}
        body |= {"start_date": str(first), "end_date": str(last or first)}
        one = data_of(api.post(path, json=body), 201 if path == HOURS else 200)["attributes"]
        stored.append(f"{path}/{one['id']}")
        return one

    yield book
    for path in stored:
        api.delete(path)


def read(api, **parameters):
    """The calendar as it came."""
    answer = api.get(CALENDAR, params={"start_date": str(MONDAY), **parameters})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    return answer.content


def parse(content):
    """The calendar as icalendar parses it, if neither parser finds fault with it and both find the same."""
    calendar = icalendar.Calendar.from_ical(content)
    assert calendar.errors == []
    assert (calendar["VERSION"], calendar["CALSCALE"]) == ("2.0", "GREGORIAN")
    assert calendar["PRODID"]
    assert {component.name for component in calendar.subcomponents} <= {"VEVENT"}
    events = calendar.events
    for event in events:
        assert event.errors == []
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= event.keys()
        # These raise where the dates are at odds with each other.
        assert event.start < event.end
        assert type(event.start) is type(event.end)
        assert event.DTSTAMP.utcoffset() == timedelta(0)
    assert len({event["UID"] for event in events}) == len(events)
    # It can be written and read again.
    assert icalendar.Calendar.from_ical(calendar.to_ical()).to_ical() == calendar.to_ical()
    assert sorted(by_ics(content)) == sorted(by_icalendar(events))
    return calendar


def instant(moment):
    """Whole days begin at midnight, wherever one is."""
    if isinstance(moment, datetime):
        return moment.astimezone(timezone.utc)
    return datetime(moment.year, moment.month, moment.day, tzinfo=timezone.utc)


def by_icalendar(events):
    for event in events:
        whole = not isinstance(event.start, datetime)
        yield str(event["UID"]), str(event["SUMMARY"]), instant(event.start), instant(event.end), whole


def by_ics(content):
    for event in ics.Calendar(content.decode()).events:
        yield event.uid, event.name, event.begin.datetime, event.end.datetime, event.all_day


def events_of(api, **parameters):
    """The events of a calendar: uid, summary, start and end."""
    events = parse(read(api, **parameters)).events
    return [(str(event["UID"]), str(event["SUMMARY"]), event.start, event.end) for event in events]


def summaries(api, **parameters):
    return [summary for _, summary, _, _ in events_of(api, **parameters)]


def days_after(days, first=MONDAY):
    return first + timedelta(days=days)


# ------------------------------------------------------------------ events


@pytest.mark.parametrize("length", [1, 2, 5, 30])
def test_whole_days_end_on_the_day_after(api, worker, book, length):
    one = book(worker, MONDAY, days_after(length - 1))
    expected = (one["id_v2"], "Noor Vance", MONDAY, days_after(length))
    assert events_of(api, **{"employees[]": worker}) == [expected]


def test_all_that_an_event_says(api, worker, book):
    begin = datetime.now(timezone.utc).replace(microsecond=0)
    one = book(worker, comment="nobody's business")
    content = read(api, **{"employees[]": worker})
    [event] = parse(content).events
    always = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"}
    assert event.keys() == always | {"STATUS", "TRANSP", "LAST-MODIFIED"}
    assert (event["STATUS"], event["TRANSP"]) == ("CONFIRMED", "TRANSPARENT")
    assert begin <= event.DTSTAMP <= datetime.now(timezone.utc)
    assert event["LAST-MODIFIED"].dt == datetime.fromisoformat(one["updated_at"])
    # Neither why somebody is away nor what was said of it.
    assert b"acation" not in content and b"nobody" not in content


@pytest.mark.parametrize(
    ("last", "halves", "summary"),
    [
        (0, {"half_day_start": True}, "Noor Vance (half a day)"),
        (0, {"half_day_end": True}, "Noor Vance (half a day)"),
        (0, {}, "Noor Vance"),
        # Of several days it is not said.
        (1, {"half_day_start": True, "half_day_end": True}, "Noor Vance"),
    ],
    ids=str,
)
def test_half_days(api, worker, book, last, halves, summary):
    one = book(worker, MONDAY, days_after(last), **halves)
    expected = (one["id_v2"], summary, MONDAY, days_after(last + 1))
    assert events_of(api, **{"employees[]": worker}) == [expected]


@pytest.mark.parametrize(
    ("day", "shift"),
    [(date(2031, 3, 3), 1), (date(2031, 7, 7), 2), (date(2031, 3, 31), 2), (date(2031, 10, 27), 1)],
    ids=["winter", "summer", "after the change in spring", "after the change in autumn"],
)
def test_hours_are_in_utc(api, worker, book, day, shift):
    one = book(worker, day, kind=DOCTOR, start_time="09:15", end_time="10:45")
    start = datetime(day.year, day.month, day.day, 9, 15, tzinfo=timezone.utc) - timedelta(hours=shift)
    expected = (one["id"], "Noor Vance", start, start + timedelta(minutes=90))
    parameters = {"start_date": str(day), "days": 1, "employees[]": worker}
    assert events_of(api, **parameters) == [expected]
    assert f"\r\nDTSTART:{start:%Y%m%dT%H%M%SZ}\r\n".encode() in read(api, **parameters)


def test_absences_of_hours_that_are_whole_days(api, worker, book):
    one = book(worker, MONDAY, days_after(1), kind=DOCTOR)
    assert events_of(api, **{"employees[]": worker}) == [(one["id"], "Noor Vance", MONDAY, days_after(2))]


def test_several_absences_of_several_people(api, book):
    first, second = hire(api, last_name="Abel"), hire(api, last_name="Bell")
    expected = [
        (book(first, MONDAY)["id_v2"], "Noor Abel", MONDAY, days_after(1)),
        (book(second, MONDAY, days_after(2))["id_v2"], "Noor Bell", MONDAY, days_after(3)),
        (book(first, days_after(2), days_after(9))["id_v2"], "Noor Abel", days_after(2), days_after(10)),
    ]
    assert sorted(events_of(api, **{"employees[]": [first, second]})) == sorted(expected)
    assert summaries(api, **{"employees[]": second}) == ["Noor Bell"]


def test_an_event_keeps_its_id(api, worker, book):
    """A program that reads the calendar again changes the event and makes no other."""
    one = book(worker)
    query = {"employees[]": worker, "days": 14}
    [before] = parse(read(api, **query)).events
    data_of(api.patch(f"{DAYS}/{one['id']}", json={"start_date": str(days_after(7)), "end_date": str(days_after(8))}))
    [after] = parse(read(api, **query)).events
    assert after["UID"] == before["UID"]
    assert (after.start, after.end) == (days_after(7), days_after(9))
    assert after["LAST-MODIFIED"].dt >= before["LAST-MODIFIED"].dt
    data_of(api.delete(f"{DAYS}/{one['id']}"))
    assert parse(read(api, **query)).events == []


# ------------------------------------------------------------------ text


NAMES = [
    ("Jörg", "Brandlmüller"),
    ("Vance, Noor", "Jr."),
    ("Noor;", "Vance:"),
    ("back\\slash", "\\,\\;"),
    ('"Noor"', "<Vance> & Co."),
    ("Þórdís Æsa", "Þórsdóttir"),
    ("李", "小龍"),
    ("🏔🚲", "👩🏽‍🔧"),
    ("ß" * 120, "ö" * 120),
    ("🚲" * 60, "x" * 100),
    ("a" * 66, "b"),
    ("a" * 67, "b"),
    ("a" * 68, "b"),
    ("Noor", "BEGIN:VEVENT"),
]


@pytest.mark.parametrize(("first_name", "last_name"), NAMES, ids=lambda name: name[:12])
@pytest.mark.parametrize("half", [False, True], ids=["whole", "half"])
def test_names_survive(api, book, first_name, last_name, half):
    worker = hire(api, first_name=first_name, last_name=last_name)
    book(worker, half_day_start=half)
    expected = f"{first_name} {last_name}{' (half a day)' if half else ''}"
    assert summaries(api, **{"employees[]": worker}) == [expected]


def test_a_name_with_what_looks_like_a_line_break(api, book):
    """ics takes it for one, so icalendar is asked alone."""
    worker = hire(api, last_name=r"\n\N")
    book(worker)
    [event] = icalendar.Calendar.from_ical(read(api, **{"employees[]": worker})).events
    assert str(event["SUMMARY"]) == r"Noor \n\N"


def test_lines_are_folded_and_end_as_they_should(api, book):
    """At 75 octets, between characters, with CRLF; an escaped character is not split by anybody's reading."""
    workers = [hire(api, first_name=first, last_name=last) for first, last in NAMES]
    # All lengths at which a line of this calendar can end.
    workers += [hire(api, first_name="a" * length + "ö,", last_name="🚲;" + "ü" * 40) for length in range(50, 76)]
    for worker in workers:
        book(worker, half_day_start=True)
    content = read(api, **{"employees[]": workers})
    assert content.endswith(b"END:VCALENDAR\r\n")
    lines = content.split(b"\r\n")
    assert lines.pop() == b""
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(len(line) for line in lines) <= 75
    assert any(line.startswith(b" ") for line in lines)
    assert all(line.decode() for line in lines)
    # Lines begin with a name, or are the rest of another.
    assert all(re.match(rb"[A-Z-]+[:;]| ", line) for line in lines)
    assert len(parse(content).events) == len(workers)


# ------------------------------------------------------------------ who is in it


def test_who_works_elsewhere_is_not_away(api, worker, book):
    book(worker, kind=AT_HOME)
    assert events_of(api, **{"employees[]": worker}) == []
    ill = book(worker, kind=SICK)
    assert [uid for uid, *_ in events_of(api, **{"employees[]": worker})] == [ill["id_v2"]]


def test_only_approved_absences_are_in_it(api, worker, book):
    one = book(worker, skip_approval=False)
    assert events_of(api, **{"employees[]": worker}) == []
    data_of(api.post(f"{DAYS}/{one['id']}/approve"))
    assert [uid for uid, *_ in events_of(api, **{"employees[]": worker})] == [one["id_v2"]]


def test_rejected_absences_are_not_in_it(api, worker, book):
    one = book(worker, skip_approval=False)
    data_of(api.post(f"{DAYS}/{one['id']}/reject"))
    assert events_of(api, **{"employees[]": worker}) == []


@pytest.mark.parametrize(
    ("first", "last", "parameters", "there"),
    [
        (-3, -1, {}, False),
        (-3, 0, {}, True),
        (-30, 30, {}, True),
        (6, 9, {}, True),
        (7, 9, {}, False),
        (7, 9, {"days": 8}, True),
        (1, 1, {"days": 1}, False),
        (0, 0, {"days": 1}, True),
        (365, 365, {"days": 366}, True),
        (366, 366, {"days": 366}, False),
        (0, 0, {"start_date": "2031-03-04"}, False),
        (1, 1, {"start_date": "2031-03-04", "days": "1"}, True),
        (0, 0, {"days": ""}, True),
    ],
    ids=str,
)
def test_days_of_a_calendar(api, worker, book, first, last, parameters, there):
    """Seven, unless it is asked for others. An absence that lies over an end is there whole."""
    one = book(worker, days_after(first), days_after(last))
    expected = [(one["id_v2"], "Noor Vance", days_after(first), days_after(last + 1))] if there else []
    assert events_of(api, **{"employees[]": worker, **parameters}) == expected
    # As part of the calendar of the whole company, too.
    assert [event for event in events_of(api, **parameters) if event[0] == one["id_v2"]] == expected


def test_it_begins_on_monday_of_this_week(api, worker, book):
    today = datetime.now(ZONE).date()
    monday = today - timedelta(days=today.weekday())
    numbers = {day: book(worker, monday + timedelta(days=day))["id_v2"] for day in (-1, 0, 6, 7)}
    answer = api.get(CALENDAR, params={"employees[]": worker})
    # Unless a week began in between.
    if datetime.now(ZONE).date() == today:
        found = [str(event["UID"]) for event in parse(answer.content).events]
        assert found == [numbers[0], numbers[6]]


def test_a_calendar_of_nobody(api, worker):
    """It is a calendar all the same."""
    assert parse(read(api, **{"employees[]": worker})).events == []
    assert parse(read(api, **{"employees[]": NOBODY})).events == []


@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        ({"days": 0}, "days"),
        ({"days": 367}, "days"),
        ({"days": -1}, "days"),
        ({"days": "a week"}, "days"),
        ({"days": 10**20}, "days"),
        ({"start_date": "tomorrow"}, "start_date"),
        ({"start_date": "2031-02-29"}, "start_date"),
        ({"employees[]": "somebody"}, "employees"),
        ({"employees[]": list(range(1, 202))}, "employees"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_parameters_that_cannot_be_read(api, token, parameters, word):
    answer = api.get(CALENDAR, params=parameters)
    error = error_of(answer)
    assert word in error["message"]
    assert error["error_data"].keys() == {word}
    assert keeps_the_token(answer, token)


def test_parameters_that_nobody_knows_are_ignored(api, worker, book):
    book(worker)
    query = {"employees[]": worker, "page": 0, "limit": 0, "offset": "x", "end_date": "x"}
    assert summaries(api, **query) == ["Noor Vance"]


@pytest.mark.parametrize("accept", ["text/calendar", "application/json", "image/png, image/jpeg", ""])
def test_it_is_a_calendar_whatever_is_accepted(api, token, worker, accept):
    answer = api.get(CALENDAR, params={"employees[]": worker}, headers={"Accept": accept})
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert keeps_the_token(answer, token)
    parse(answer.content)


def test_the_end_of_time(api):
    """The last days that there are do not come to a fall."""
    assert parse(read(api, start_date="9999-12-31", days=366)).events == []
    assert parse(read(api, start_date="0001-01-01", days=366)).events == []


# ------------------------------------------------------------------ teams


def members(team):
    return [number for number, one in enumerate(DECLARED.values(), 1) if one.get("team") == team]


def name_of(number):
    declared = list(DECLARED.values())[number - 1]
    return f"{declared['first_name']} {declared['last_name']}"


TEAM, OTHER = "Frame Design", "Service Desk"


def test_a_team(api, worker, book):
    away = [members(TEAM)[0], members(TEAM)[2]]
    for number in (*away, members(OTHER)[0], worker):
        book(number, kind=SICK)
    assert summaries(api, team=TEAM) == [name_of(number) for number in away]
    assert summaries(api, team=OTHER) == [name_of(members(OTHER)[0])]
    assert summaries(api, team="Quality") == []
    # Both have to be right.
    assert summaries(api, team=TEAM, **{"employees[]": [away[1], worker]}) == [name_of(away[1])]
    # Everybody, whether in a team or not.
    assert set(summaries(api)) >= {*(name_of(number) for number in away), name_of(members(OTHER)[0]), "Noor Vance"}
    assert summaries(api, team="") == summaries(api)


def test_the_name_of_a_calendar(api):
    company = COMPANY["company"]["name"]
    for parameters, name in (({}, company), ({"team": TEAM}, TEAM)):
        calendar = parse(read(api, **parameters))
        assert name in calendar.calendar_name
        assert name in calendar["X-WR-CALNAME"]


@pytest.mark.parametrize("team", ["Astrology", "Frame  Design", "1", "Frame Design,Quality", "x" * 500])
def test_a_team_that_is_not_there(api, token, team):
    answer = api.get(CALENDAR, params={"team": team})
    error_of(answer, 404)
    assert keeps_the_token(answer, token)


# ------------------------------------------------------------------ who may read what


def reader(*readable):
    return Api(token_of("absences:read", readable=readable))


def test_who_may_not_read_names_is_shown_numbers(worker, book):
    book(worker, half_day_end=True)
    with reader() as somebody:
        content = read(somebody, **{"employees[]": worker})
        [event] = parse(content).events
        assert str(event["SUMMARY"]) == f"Employee {worker} (half a day)"
        assert b"Vance" not in content and b"Noor" not in content


@pytest.mark.parametrize(
    ("readable", "summary"),
    [
        (["last_name"], "Vance"),
        (["first_name"], "Noor"),
        (["first_name", "last_name"], "Noor Vance"),
        (["email", "team", "position"], "Employee {}"),
        (["*"], "Noor Vance"),
    ],
    ids=str,
)
def test_names_are_shown_as_far_as_they_may_be_read(worker, book, readable, summary):
    book(worker)
    with reader(*readable) as somebody:
        assert summaries(somebody, **{"employees[]": worker}) == [summary.format(worker)]


@pytest.mark.parametrize("team", [TEAM, "Astrology"])
def test_who_may_not_read_teams_learns_nothing_of_them(book, team):
    """Nor whether there is such a team."""
    book(members(TEAM)[0], kind=SICK)
    with reader("first_name", "last_name") as somebody:
        answer = somebody.get(CALENDAR, params={"team": team, "start_date": str(MONDAY)})
        assert "team" in error_of(answer, 403)["message"]
        assert name_of(members(TEAM)[0]) in summaries(somebody)


def test_who_may_read_teams_and_no_names(book):
    number = members(TEAM)[0]
    book(number, kind=SICK)
    with reader("team") as somebody:
        assert summaries(somebody, team=TEAM) == [f"Employee {number}"]
