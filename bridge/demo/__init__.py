"""The demonstration: resources on an AWS endpoint, a workload that changes them, and checks of the result."""
