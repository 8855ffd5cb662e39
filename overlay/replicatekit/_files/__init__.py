"""Files on this machine: media types, names, data URLs, atomic writes.

May import: _base, errors.
"""
