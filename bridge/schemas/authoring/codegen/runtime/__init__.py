"""The files that every generated Python package contains as they are. They import only each other."""
