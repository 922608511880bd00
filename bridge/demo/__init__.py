"""The demonstration: scenery on an AWS endpoint, and a workload that plays on it."""
