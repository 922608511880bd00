"""Entry points of the Lambda functions, a file for each."""
