"""Code for subscribers, generated from the schemas: Python classes and TypeScript types of events."""
