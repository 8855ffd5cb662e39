"""The pipeline from the OpenAPI document to the generated package: read, validate, correct, generate.

May import: nothing else in `scripts/`.
"""
