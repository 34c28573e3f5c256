"""How much of something scarce one client may have."""

from __future__ import annotations

from collections import Counter

from page.server.addresses import is_loopback, network_of

# Of connections, of calls in flight, and of what they hold: the share that one client may have, an
# address or a line with IPv6.
ONE_CLIENT = 0.5


class Shares:
    """How much of something scarce is taken, and by whom.

    This machine's own share is all of it: a proxy here may stand for everybody.
    """

    def __init__(self, most: int) -> None:
        self.taken = 0  # by all together
        self._most = most
        self._of_client: Counter[str] = Counter()

    def take(self, client: str, amount: int = 1) -> bool:
        """Whether the client, an address, has no more than its share then."""
        network = network_of(client)
        self.taken += amount
        self._of_client[network] += amount
        return is_loopback(client) or self._of_client[network] <= share_of(self._most)

    def give_back(self, client: str, amount: int = 1) -> None:
        network = network_of(client)
        self.taken -= amount
        self._of_client[network] -= amount
        if not self._of_client[network]:
            del self._of_client[network]


def share_of(most: int) -> float:
    """What one client may have of it: at least one."""
    return max(1, ONE_CLIENT * most)
