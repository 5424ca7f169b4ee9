"""The provider behind its API in one playing of a case: it hears of every event, and tells what was lost when it is to."""
import time
from urllib.parse import quote

from events import at
from scenario import Wrong, expand, offset

SECONDS_MAX = 60  # Questions are asked again after growing pauses.


class Provider:
    def __init__(self, player, names, places, checker):
        self.api, self.sender, self.names, self.places, self.checker = player.engine.provider, player.sender, names, places, checker
        self.lost = []

    def hears(self, deliveries, step):
        """What was delivered; it keeps to itself what was lost, until it tells."""
        if self.api is None:
            return
        for delivery in deliveries:
            if step.get('lost'):
                self.lost.append(delivery)
            elif delivery.source == 'telnyx' and delivery.place:
                self.api.happened(delivery.body(), True)

    def does(self, now, step):
        legs = expand(step.get('leg')) if step.get('leg') else []
        if step.get('provider') in ('is away', 'is back'):
            self.api.down = step.get('provider') == 'is away'
        elif step.get('provider') == 'was asked about':
            asked = len(self.api.asked)
            for leg in legs:
                target = '/calls/' + quote(self.names.control(leg), safe='')
                self._wait(step, lambda: any(target in each for each in self.api.asked[asked:]), f'a question about {leg}')
        elif step.get('provider') == 'has ended':
            ended = now - offset(step.get('at'), step.line) + offset(step.get('occurred', step.get('at')), step.line)
            for leg in legs:
                self.api.ended(self.names.control(leg), at(ended))
            self._wait(step, lambda: self._records(step, 'synthetic') >= len(legs), 'the end of the legs')
        else:
            for delivery in self.lost:
                self.api.happened(delivery.body(), False)
            self._wait(step, lambda: self._recovered(step), 'what was lost')

    def _wait(self, step, condition, what):
        end = time.monotonic() + SECONDS_MAX
        while not condition():
            if time.monotonic() > end:
                raise Wrong(step.line, f'{what} did not come within {SECONDS_MAX} s')
            time.sleep(0.05)

    def _view(self, step):
        return self.checker.get(step.line, f'/v1/calls/{quote(self.names.call(), safe="")}/records') or {'records': []}

    def _records(self, step, provenance):
        found = [record for record in self._view(step)['records'] if record['provenance'] == provenance]
        self.sender.recovered |= {(record['partition'], record['offset']) for record in found}
        return len(found)

    def _recovered(self, step):
        place_of = {record['id']: (record['partition'], record['offset']) for record in self._view(step)['records']}
        for delivery in self.lost:
            self.places[delivery.name] = place_of.get(delivery.id)
        self._records(step, 'recovered')
        return all(delivery.id in place_of for delivery in self.lost)
