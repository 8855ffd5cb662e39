"""Files over the network: download, save, open, upload, display.

May import: _session and below.
"""
