"""CloudWatch: metrics and log lines, and the lag that it measures."""
