"""The public objects: those bound to a client (`prediction.py`) and namespaces (`predictions.py`).

May import: pages, outputs, streaming, _operations and below.
"""
