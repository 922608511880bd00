"""What bridge.yaml needs in AWS: permissions, parameters and filters for the templates in ``infra/``, and a
check whether rendered files are still up to date."""
