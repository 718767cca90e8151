from django.contrib import admin

from units.models import FormerName, Unit


class FormerNames(admin.TabularInline):
    model = FormerName
    extra = 0
    readonly_fields = ["name", "place", "code", "until"]
    can_delete = False

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(Unit)
class UnitAdmin(admin.ModelAdmin):
    """A read-only list: the tree is changed by the services behind the pages, which keep the
    record.
    """

    list_display = ["name", "code", "level", "parent", "has_police_body", "valid_from", "valid_to"]
    list_filter = ["level", "has_police_body"]
    search_fields = ["search", "code", "key"]
    list_select_related = ["parent"]
    inlines = [FormerNames]

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False
