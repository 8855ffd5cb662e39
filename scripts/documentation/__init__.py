"""Generated parts of the documentation site: terminal recordings, notebooks, benchmark tables, the reference."""
