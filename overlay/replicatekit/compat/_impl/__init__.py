"""The shared code of the compat modules: the session, records, creating and following predictions.

May import: compat, and the client's packages.
"""
