"""AWS Security Token Service: whose credentials these are."""
