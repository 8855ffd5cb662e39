"""What all verbs share: the parser, the context, output, errors and exit codes.

May import: the public API; never a verb, but by its name in the catalogue.
"""
