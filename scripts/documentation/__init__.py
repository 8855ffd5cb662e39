"""What the documentation site shows besides its pages: recordings of terminals, notebooks, tables, the reference."""
