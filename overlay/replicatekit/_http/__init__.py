"""Send one request: settings, token policy, retries, limits, senders.

May import: _runtime, _files, _domain, _base, errors.
"""
