"""Trio is not there for users of the command line, who have what the package needs; httpcore2 would load it."""

raise ImportError("trio is installed for the tests alone")
