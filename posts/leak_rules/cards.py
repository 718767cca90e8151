"""Items of the list of public numbers as its page shows them."""

from dataclasses import dataclass
from typing import Self

from accounts.models import User
from core import phones
from posts.leak_rules.allowing import may_confirm, may_enter
from posts.leak_rules.models import AllowedItem


@dataclass(frozen=True, slots=True)
class AllowedCard:
    item: AllowedItem
    shown: str
    may_confirm: bool
    may_end: bool

    @classmethod
    def of(cls, item: AllowedItem, reader: User) -> Self:
        is_phone = item.kind == AllowedItem.Kind.PHONE
        is_open = item.confirmed_at is None and item.entered_by_id != reader.pk
        return cls(
            item=item,
            shown=phones.group_digits(item.value) if is_phone else item.value,
            may_confirm=is_open and may_confirm(reader, item.unit),
            may_end=may_enter(reader, item.unit),
        )
