"""Server-Sent Events: decode, connect, reconnect, deduplicate.

May import: _session and below.
"""
