"""EventBridge: both kinds of bus, rules, archives and its schema registry."""
