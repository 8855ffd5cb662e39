"""What the sandbox remembers: records, blobs and settings, in SQLite.

May import: nothing else of the sandbox.
"""
