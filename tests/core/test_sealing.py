"""A sealed value that was damaged does not open, whatever is left of it."""

import pytest

from core.sealing import Unsealable, is_newest, seal, unseal

ROW = "channel:1"


@pytest.mark.parametrize("left", [0, 1, 2, 12, 13, 14, 28, 29, -1])
def test_a_value_that_was_cut_short_is_unsealable(left):
    sealed = seal({"token": "a"}, row=ROW)
    assert unseal(sealed, row=ROW) == {"token": "a"}

    with pytest.raises(Unsealable):
        unseal(sealed[:left], row=ROW)
    assert not is_newest(sealed[:left], row=ROW)


@pytest.mark.parametrize("byte", [b"\x01", b"\x02", b"\x03", b"a"])
def test_a_value_of_one_byte_is_unsealable(byte):
    with pytest.raises(Unsealable):
        unseal(byte, row=ROW)
