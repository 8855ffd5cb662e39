"""The sandbox's implementation of the API's operations.

May import: all of the sandbox except its front (sandbox._sandbox, sandbox._cli).
"""
