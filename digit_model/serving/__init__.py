"""Recognition for many callers at once: worker processes behind a server that never waits itself.

:mod:`.worker` runs in each process, :mod:`.pool` starts, restarts and stops one, :mod:`.batching`
decides which waiting picture goes next, :mod:`.client` is what the page calls. The server's own
process imports no torch.
"""
