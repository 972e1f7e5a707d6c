"""What is known to differ, and why that is no fault of the agent's. (suite, beginning of the test's name): reason."""

EXPLAINED = {
    ("tcl", "socket.test socket_inet-2.13"): "gives the event loop 5 ms to find a socket writable: a busy machine takes longer now and then",
    ("tcl", "clock.test clock-33.5"): "skips itself where a wait of 10 ms took more than 60: a busy machine",
}
