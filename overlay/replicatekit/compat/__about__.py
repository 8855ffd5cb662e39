"""Which version of the older client this package stands in for, and which version of this one it is."""

from replicatekit import __version__

__all__ = ["__version__"]
