"""Pages of lists that grow for ever."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property


class CappedPaginator(Paginator):
    """Count no further than a person will turn pages."""

    def __init__(self, rows: QuerySet, per_page: int, *, most: int):
        super().__init__(rows, per_page)
        self.rows, self.most = rows, most

    @cached_property
    def count(self) -> int:
        return self.rows.order_by()[: self.most].count()

    @property
    def is_cut(self) -> bool:
        return self.count >= self.most
