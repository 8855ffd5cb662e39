"""Create, follow, run, stream and cancel a prediction, and convert its output.

May import: _streaming, _transfer and below.
"""
