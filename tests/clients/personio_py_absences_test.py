"""personio-py, as it comes from PyPI, reads the kinds of absence.

`tests/clients/run` starts the muster and sets the environment of these tests.
"""

from support import COMPANY, connect


def test_kinds_of_absence_are_those_of_the_company_file():
    declared = COMPANY["absence_types"]
    types = connect().get_absence_types()
    assert [(one.name, one.category) for one in types] == [(one["name"], one["category"]) for one in declared]
    assert [one.id_ for one in types] == list(range(1, len(declared) + 1))
