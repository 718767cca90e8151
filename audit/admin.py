from django.contrib import admin

from audit.models import Entry


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):
    """A read-only list: the database itself refuses to change or delete an entry."""

    list_display = ["at", "actor_name", "actor_position", "action", "object_label"]
    list_filter = ["object_type"]
    search_fields = ["actor_name", "object_label", "object_id", "action"]
    show_full_result_count = False

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False
