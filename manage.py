#!/usr/bin/env python3
import gc
import os
import sys

if __name__ == "__main__":
    # Commands make much that stays, as migrations do with each state of the models: looked through
    # at Python's usual pace, that takes a third of their time.
    gc.set_threshold(20_000, 20, 20)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach_portal.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
