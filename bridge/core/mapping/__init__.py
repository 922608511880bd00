"""The mapping language, and the data that it makes."""
