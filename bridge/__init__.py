"""stream-bridge: DynamoDB stream changes as versioned, validated CloudEvents."""

__version__ = "0.1.0"
