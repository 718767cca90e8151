from django.contrib import admin

from campaigns.models import Topic


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin):
    list_display = ["code", "name_vi", "name_en", "position"]
    list_editable = ["position"]
    search_fields = ["code", "name_vi", "name_en"]
