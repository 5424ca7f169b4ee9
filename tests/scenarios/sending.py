"""Sends deliveries, one by one or at once, while nothing or something happens to the program, and checks the answers."""
import contextlib
import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from events import CONTENT_TYPES
from scenario import Wrong
from signing import message_id

CONNECTIONS, READERS, SECONDS_MAX = 16, 50, 30
MEANWHILE = ('the program is killed', 'the program is stopped', 'readers hang')
LOST = (OSError, http.client.HTTPException)


class Sender:
    """Of one engine. `places`: of the records that the log must have; `recovered`: of those that were fetched."""

    def __init__(self, engine):
        self.engine, self.places, self.recovered = engine, set(), set()

    def send(self, step, deliveries):
        """All of one entry of a timeline; raises Wrong when an answer is not the expected one."""
        way = step.get('meanwhile')
        if way not in (None, *MEANWHILE):
            raise Wrong(step.line, f'meanwhile is one of {", ".join(MEANWHILE)}')
        if way is None and not step.get('at once'):
            answers = [self._post(delivery, step) for delivery in deliveries]
        else:
            answers = self._send_at_once(step, deliveries, way)
        self._check(step, deliveries, answers)

    def _send_at_once(self, step, deliveries, way):
        if way == 'readers hang':
            with contextlib.ExitStack() as readers:
                for number in range(READERS):
                    readers.enter_context(self._hanging_reader(number))
                answers = self._answers(deliveries, lambda delivery: self._post(delivery, step))
            slow = max(seconds for _, seconds in answers)
            if slow > 2:
                raise Wrong(step.line, f'an answer took {slow:.1f} s while readers hung')
            return answers
        if way is None:
            return self._answers(deliveries, lambda delivery: self._post(delivery, step))
        third, done = threading.Semaphore(0), max(1, len(deliveries) // 3)
        with ThreadPoolExecutor(1) as breaker:
            broken = breaker.submit(self._break, third, done, way == 'the program is killed')
            answers = self._answers(deliveries, lambda delivery: self._post_until_answered(delivery, step, third))
            broken.result()
        return answers

    def _answers(self, deliveries, post):
        with ThreadPoolExecutor(CONNECTIONS) as connections:
            return list(connections.map(post, deliveries))

    def _hanging_reader(self, number):
        """Asks and does not read, or does not even finish asking."""
        host, port = (self.engine.api if number % 2 else self.engine.webhooks).rsplit(':', 1)
        connection = socket.create_connection((host, int(port)))
        connection.sendall((b'GET /v1/calls?limit=500 HTTP/1.1\r\nHost: x\r\n\r\n' * 20) if number % 2
                           else b'POST /webhooks/telnyx HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{')
        return connection

    def _break(self, answered, count, kill):
        for _ in range(count):
            answered.acquire()
        self.engine.restart(kill)

    def _post_until_answered(self, delivery, step, answered):
        """As a provider does: again until it is taken."""
        end = time.monotonic() + SECONDS_MAX
        while True:
            try:
                answer = self._post(delivery, step)
            except LOST:
                answer = None
            if answer and answer[0].status == 200:
                answered.release()
                return answer
            if time.monotonic() > end:
                raise Wrong(step.line, f'{delivery.name} was not taken within {SECONDS_MAX} s')
            time.sleep(0.05)

    def _post(self, delivery, step):
        """The answer, and the seconds it took."""
        if not (step.get('captured') and delivery.sent):
            body, source = delivery.body(), delivery.source
            signed = (delivery.moment + delivery.signed) // 1_000_000
            headers = self.engine.signer.headers(source, body, signed, message_id(delivery.id), delivery.target(), step.get('signature'))
            delivery.sent = ([('Content-Type', CONTENT_TYPES[source]), *headers], body)
        headers, body = delivery.sent
        begun = time.monotonic()
        return self.engine.deliver(delivery.target(), headers, body), time.monotonic() - begun

    def _check(self, step, deliveries, answers):
        expected = step.get('answer', 'accepted or duplicate' if step.get('meanwhile') else 'accepted')
        found = []
        for delivery, (answer, _) in zip(deliveries, answers):
            said = json.loads(answer.body)
            word = said['status'] if answer.status == 200 else f'{answer.status} {said["type"].rsplit(":", 1)[1]}'
            found.append(word)
            if answer.status != 200:
                continue
            place = (said['partition'], said['offset'])
            self.places.add(place)
            delivery.place = delivery.place or place
            if delivery.place != place:
                raise Wrong(step.line, f'{delivery.name} was at {delivery.place} and is now said to be at {place}')
        if expected == 'one accepted, the others duplicate':
            if sorted(found) != ['accepted'] + ['duplicate'] * (len(found) - 1):
                raise Wrong(step.line, f'expected one accepted and the others duplicate, found {sorted(found)}')
            return
        wrong = {word for word in found if word not in expected.split(' or ')}
        if wrong:
            raise Wrong(step.line, f'expected the answer {expected}, found {", ".join(sorted(wrong))}')
