"""Snaglist: the list of everything an import left behind, and the way to bring it to zero."""

__version__ = "0.1.0"
