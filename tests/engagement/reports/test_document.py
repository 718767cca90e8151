import pytest

from engagement.reports.document import Column, Table

COLUMNS = (Column("Unit"), Column("Posts", is_number=True))


@pytest.mark.parametrize("row", [("Hải Châu",), ("Hải Châu", 1, 2)])
def test_a_row_of_another_width_is_refused(row):
    with pytest.raises(ValueError, match="each column"):
        Table("Posts", COLUMNS, (row,))
    with pytest.raises(ValueError, match="each column"):
        Table("Posts", COLUMNS, (), total=row)


def test_a_table_without_columns_is_refused():
    with pytest.raises(ValueError, match="needs a column"):
        Table("Posts", (), ())


def test_a_figure_that_was_not_measured_is_a_gap_and_a_nought_is_none():
    assert Table("Posts", COLUMNS, (("Hải Châu", None),)).has_gaps
    assert Table("Posts", COLUMNS, (("Hải Châu", 0),), total=("All", None)).has_gaps
    assert not Table("Posts", COLUMNS, (("Hải Châu", 0),), total=("All", 0)).has_gaps
