"""Fixtures that the tests of more than one resource take; a file that needs another one has its own of that name."""

import pytest
from support import LOGIN, Api, connect, hire, log_in


@pytest.fixture(name="token", scope="module")
def fixture_token():
    """Of the credential of the running muster, which may do everything."""
    return log_in(json=LOGIN)


@pytest.fixture(name="api")
def fixture_api(token):
    with Api(token) as api:
        yield api


@pytest.fixture(name="worker")
def fixture_worker(api):
    """The id of an employee of the test alone, of whom nothing else is known: 8 hours a day from Monday to Friday."""
    return hire(api)


@pytest.fixture(name="client")
def fixture_client():
    """personio-py without custom attributes."""
    return connect()
