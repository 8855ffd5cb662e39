"""The changes between two revisions of the API's document, and which of them break callers.

May import: `pipeline`.
"""
