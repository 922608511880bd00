"""The contracts between the pipeline and the outside, one file each."""
