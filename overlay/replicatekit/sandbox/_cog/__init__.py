"""Cog models: a folder with a predictor, served by a separate process of Cog.

May import: sandbox._models, sandbox._runs, sandbox._storage.
"""
