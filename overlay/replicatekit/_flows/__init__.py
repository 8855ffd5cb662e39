"""What the package does, each once, as a coroutine that awaits its `IO` alone (see `replicatekit._io`)."""
