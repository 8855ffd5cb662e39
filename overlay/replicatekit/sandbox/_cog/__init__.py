"""Cog models: a folder with a predictor, served by Cog in a process of its own.

May import: sandbox._models, sandbox._runs, sandbox._storage.
"""
