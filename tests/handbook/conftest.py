import os
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.test import Client

from accounts.permissions import Role
from tests import factories
from tests.journeys.conftest import (
    at_desk,
    browser_context_args,
    browser_type_launch_args,
    portal_server,
)

__all__ = ["at_desk", "browser_context_args", "browser_type_launch_args", "portal_server"]
collect_ignore = [] if os.environ.get("HANDBOOK_PICTURES") else ["test_pictures.py"]
COMMUNE, PROVINCE, MINISTRY = "commune", "province", "ministry"
# For whom a guide is: the role that the person has, and where.
READERS = {
    "officer": (Role.OFFICER, COMMUNE),
    "chief": (Role.APPROVER, COMMUNE),
    "province": (Role.OVERSEER, PROVINCE),
    "ministry": (Role.OVERSEER, MINISTRY),
    "administrator": (Role.ADMINISTRATOR, PROVINCE),
}


@pytest.fixture
def read_as(db):
    """Return somebody of the role that a guide names, with a browser that speaks Vietnamese and the
    unit where they work.
    """
    province = factories.ProvinceFactory(place="Tỉnh Sông Xanh", name="Công an tỉnh Sông Xanh")
    units = {
        COMMUNE: factories.UnitFactory(parent=province, place="Phường Bình An"),
        PROVINCE: province,
        MINISTRY: province.parent,
    }
    readers = {}

    def read(name: str) -> SimpleNamespace:
        if name not in readers:
            role, level = READERS.get(name, ("", MINISTRY))
            unit = units[level]
            user = factories.person(role, unit) if role else factories.operator()
            client = Client()
            client.cookies[settings.LANGUAGE_COOKIE_NAME] = "vi"
            client.force_login(user)
            readers[name] = SimpleNamespace(client=client, user=user, unit=unit)
        return readers[name]

    return read
