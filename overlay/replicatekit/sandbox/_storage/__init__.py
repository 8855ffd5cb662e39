"""The sandbox's state: records, blobs and settings, in SQLite.

May import: nothing else of the sandbox.
"""
