"""What the checks of deliveries share: an application that can be told how to behave, killed and started again, and what it
must have taken."""
import collections
import os
import sqlite3
from collections import namedtuple

from receiving_process import ReceivingProcess

COLUMNS = 'at webhook_id event_id source type call partition offset attempt replay provenance headers body'
Taken = namedtuple('Taken', COLUMNS)


class Application(ReceivingProcess):
    """Behaves as `status_of` in application.py says, and keeps what it had taken."""
    kind = 'subscription'

    def __init__(self, folder, name, any_time=False):
        super().__init__(folder, name, 'application.py', 'store', 'ok', *(['any-time'] if any_time else []))

    def taken(self, where='1'):
        """All that it answered 200, in the order in which it took it."""
        if not os.path.exists(self.path('store')):
            return []
        with sqlite3.connect(self.path('store'), timeout=30) as database:
            return [Taken(*row) for row in
                    database.execute(f'SELECT {COLUMNS.replace(" ", ", ")} FROM taken WHERE {where} ORDER BY number')]

    def places(self):
        """Of all that it has, each once. Cheap, to be asked again and again."""
        if not os.path.exists(self.path('store')):
            return set()
        with sqlite3.connect(self.path('store'), timeout=30) as database:
            return set(database.execute('SELECT DISTINCT partition, offset FROM taken'))


def check_order(taken):
    """Each call's records were taken first in the order of the log; what came again came after."""
    last = collections.defaultdict(lambda: -1)
    seen = set()
    for one in taken:
        place = (one.partition, one.offset)
        if place in seen:
            continue
        seen.add(place)
        if one.call is not None:
            if one.offset < last[one.call]:
                raise AssertionError(f'{one.call}: {place} was taken after {last[one.call]}')
            last[one.call] = one.offset
