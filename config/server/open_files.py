"""The limit of open files (`RLIMIT_NOFILE`), and the connections that there is room for."""

import resource

# Open files beside connections: what each thread may hold (database, file, log), and our own.
FILES_PER_THREAD, FILES_BESIDE = 3, 64


def places_for(connections: int, *, threads: int) -> int:
    """Return how many of so many connections can be open at once; the limit is raised for them."""
    beside = threads * FILES_PER_THREAD + FILES_BESIDE
    return min(connections, max(open_files(connections + beside) - beside, threads))


def open_files(count: int) -> int:
    """Raise the limit of open files to so many where the system allows it; return the limit."""
    allowed, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    if highest != resource.RLIM_INFINITY:
        count = min(count, highest)
    if allowed != resource.RLIM_INFINITY and allowed < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, highest))
        return count
    return count if allowed == resource.RLIM_INFINITY else allowed
