"""Send a request over the network: with httpcore2 by default, or with an HTTP client of httpx or httpx2.

May import: the modules of _http that do not import senders, _runtime, _base, errors.
"""
