"""The AWS account of a run, as the product's own entry points meet it: clients, files, a shell, a function."""
