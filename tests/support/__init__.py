"""Shared helpers of the tests: servers on loopback, sync and async clients, models for the sandbox."""
