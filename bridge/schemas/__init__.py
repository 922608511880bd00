"""Event schemas: read, compared, converted, written and registered, with a folder for each job."""
