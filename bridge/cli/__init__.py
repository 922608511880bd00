"""The command line: one file assembles the commands, and each folder holds one group of them."""
