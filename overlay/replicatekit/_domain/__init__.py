"""What Replicate's terms mean, without I/O: references, states, output schemas, progress.

May import: _base, errors.
"""
