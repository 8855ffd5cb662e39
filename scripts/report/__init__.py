"""What changed between two revisions of the API's document, and what of it breaks callers.

May import: `pipeline`.
"""
