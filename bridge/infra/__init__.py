"""What bridge.yaml asks of AWS: permissions, parameters and filters of the templates in ``infra/``, and
whether files that were rendered once still say the same."""
