"""What puts a request on the wire: httpcore2 by default, or an HTTP client of httpx or httpx2.

May import: the modules of _http that know nothing of senders, _runtime, _base, errors.
"""
