"""The sandbox's models: Python functions with their schemas, and the built-in ones.

May import: sandbox._storage.
"""
