"""The journal of a batch: what was claimed, sent, created and finished, in SQLite or PostgreSQL.

May import: _base, _files, _domain, _runtime, errors.
"""
