"""The version of this package."""

from replicatekit import __version__

__all__ = ["__version__", "version"]

version = __version__
