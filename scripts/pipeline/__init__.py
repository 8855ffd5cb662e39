"""From the API's document to the generated package: reading, validating, correcting and generating.

May import: nothing else in `scripts/`.
"""
