"""Pure functions and values of the pipeline: no AWS, no clock, no environment."""
