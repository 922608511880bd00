"""The AWS account of a run, as the product's entry points meet it: clients, files, a shell, a function."""
