"""Prepare a caller's input: find its files, convert its values to JSON.

May import: _files, _domain, _base, errors.
"""
