"""What is known to differ, and why that is no fault of the agent's. (suite, beginning of the test's name): reason."""

EXPLAINED = {}
