"""The bridge: wire protocol, server and watchdog on the Pi, the remote arm on the workstation."""
