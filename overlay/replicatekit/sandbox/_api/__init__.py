"""The API's operations as the sandbox answers them.

May import: all of the sandbox but its front (sandbox._sandbox, sandbox._cli).
"""
