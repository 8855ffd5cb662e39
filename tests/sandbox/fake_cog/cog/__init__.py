"""Stands for Cog where its tests need no Cog: a server that says what it is told to, in the worst order."""
