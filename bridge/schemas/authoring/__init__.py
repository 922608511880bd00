"""Writing schemas and what is generated from them: new versions, inference, classes, AsyncAPI."""
