"""What all verbs share: the parser, the context, output, errors and exit codes.

May import: the public API; verbs only by name, through the catalogue.
"""
