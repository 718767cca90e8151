"""Show the tables of reports as their paper does."""

from django import template

from engagement.reports.rendering.layout import format_cell

register = template.Library()
register.filter("paper_cell", format_cell)
