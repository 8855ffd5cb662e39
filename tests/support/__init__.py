"""What the tests share: servers on loopback, the ways to call, models for the sandbox."""
