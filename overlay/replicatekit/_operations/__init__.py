"""The coroutine behind each operation of the API, one module a noun, and pagination.

May import: _predictions and below.
"""
