"""The state that a client shares with its namespaces and objects: the API client and its caches.

May import: _http and below.
"""
