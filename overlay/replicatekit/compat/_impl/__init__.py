"""What the compat modules share: the session, records, creating and following predictions.

May import: compat, and the client's packages.
"""
