"""A position in words: its title, and beside it the role where that is called otherwise."""

import pytest

from accounts.models import Appointment
from accounts.permissions import Role


@pytest.mark.parametrize(
    ("title", "position", "beside"),
    [
        ("", "Drafting officer", ""),
        ("Drafting officer", "Drafting officer", ""),
        ("Captain", "Captain", "Drafting officer"),
    ],
)
def test_a_role_stands_beside_a_position_that_is_called_otherwise(title, position, beside):
    row = Appointment(role=Role.OFFICER, title=title)
    assert (row.position, row.role_beside) == (position, beside)
