"""The version of this package, for the user agent and `replicatekit.__version__`."""

__version__ = "0.1.0"
