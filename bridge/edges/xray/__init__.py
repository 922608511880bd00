"""Traces for AWS X-Ray."""
