"""One file for each conversation with the outside, in a folder for each service."""
