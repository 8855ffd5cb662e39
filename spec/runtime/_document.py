"""Stands in for what spec/templates/_document.py.jinja makes, so that the modules beside it can be checked here."""

from __future__ import annotations

DEFAULT_BASE_URL = ""
