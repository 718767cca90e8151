"""Findings of the scanners in a picture or video: what people see of them, and decide."""
