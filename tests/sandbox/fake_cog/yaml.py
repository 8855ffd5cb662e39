"""Stands for PyYAML: a cog.yaml of the tests that use this is JSON."""

from json import load as safe_load

__all__ = ["safe_load"]
