"""Sample workflows, a file a subject; `worker` serves them, `traffic` starts them."""
