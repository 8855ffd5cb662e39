"""Connections of the sandbox's server: framing, faults, rate limits, the recorder.

May import: sandbox._storage.
"""
