"""SQS queues: quarantine, and the queue that ``tail`` reads."""
