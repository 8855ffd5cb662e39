"""Validation, deadlines, cancel tokens and locks: nothing of HTTP or of Replicate.

May import: errors.
"""
