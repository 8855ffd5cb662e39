"""Validation, deadlines, cancel tokens and locks, independent of HTTP and of Replicate.

May import: errors.
"""
