"""Replaces the output of spec/templates/_document.py.jinja, so that the other modules can be checked here."""

from __future__ import annotations

DEFAULT_BASE_URL = ""
