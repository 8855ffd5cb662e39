"""Predictions while they run: their events, streams and webhooks.

May import: sandbox._models, sandbox._storage.
"""
