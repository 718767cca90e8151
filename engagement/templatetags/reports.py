"""Show the tables of reports as their paper does."""

from django import template

from engagement.reports.document import format_cell

register = template.Library()
register.filter("paper_cell", format_cell)
