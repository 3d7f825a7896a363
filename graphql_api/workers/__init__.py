"""Several processes behind one port: `serve --workers N`. docs/operations.md, "Workers"."""
