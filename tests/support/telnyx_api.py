#!/usr/bin/env python3
"""A server that behaves like Telnyx's API for recovery, from the published specification: webhook deliveries, call events,
calls and active calls, with paging, filters, rate limits, errors at random from a seed, slow answers, and the irregular
shapes of the examples. It knows the calls from the events that it is told.

As a program: telnyx_api.py EVENTS.jsonl  prints its URL, and knows the events of `simulate --out` once they are there."""
import argparse
import base64
import datetime
import http.server
import json
import os
import random
import threading
import time
import urllib.parse

PAGE_MAX, PAGE_DEFAULT = 250, 20


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def text_of(moment):
    return moment.strftime('%Y-%m-%dT%H:%M:%S.%fZ')


def moment_of(text):
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))


class Refusal(Exception):
    def __init__(self, status, code, title, headers=()):
        super().__init__(title)
        self.status, self.headers = status, dict(headers)
        self.body = {'errors': [{'code': code, 'title': title, 'detail': title}]}


class TelnyxApi:
    """A context manager. `failing`, `limiting`, `slow`: the chance of a 500, of a 429, and of an answer that takes its time.
    `bare`: the chance that a call event has no raw event in its metadata."""

    def __init__(self, key='KEY-of-the-test', seed=1, failing=0.0, limiting=0.0, slow=0.0, bare=0.0, clock=now):
        self.key, self.clock, self.lock, self.random = key, clock, threading.Lock(), random.Random(seed)
        self.failing, self.limiting, self.slow, self.bare = failing, limiting, slow, bare
        self.deliveries, self.events, self.legs, self.asked, self.down, self.refused = [], [], {}, [], False, None
        self.server = self.thread = None

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), self.handler())
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @property
    def url(self):
        return f'http://127.0.0.1:{self.server.server_address[1]}/v2'

    def happened(self, body, delivered, started_at=None):
        """The event of a webhook's body, and whether its delivery succeeded in the end."""
        event = json.loads(body)['data']
        payload, started = event['payload'], started_at or self.clock()
        with self.lock:
            self.deliveries.append({
                'id': f'delivery-{len(self.deliveries)}', 'user_id': 'user', 'record_type': 'webhook_delivery',
                'status': 'delivered' if delivered else 'failed', 'started_at': text_of(started),
                'finished_at': text_of(started + datetime.timedelta(seconds=5)), 'webhook': event,
                'attempts': self.attempts(delivered)})
            if 'call_leg_id' not in payload:
                return
            metadata = {} if self.random.random() < self.bare else {
                'attempt': 1, 'delivered_to': 'https://sink.example', 'event': event, 'status': 'delivered' if delivered else 'failed'}
            self.events.append({
                'record_type': 'call_event', 'call_leg_id': payload['call_leg_id'], 'call_session_id': payload['call_session_id'],
                'event_timestamp': event['occurred_at'], 'name': event['event_type'], 'type': 'webhook', 'metadata': metadata})
            leg = self.legs.setdefault(payload['call_control_id'] if 'call_control_id' in payload else payload['call_leg_id'], {
                'call_control_id': payload.get('call_control_id'), 'call_leg_id': payload['call_leg_id'],
                'call_session_id': payload['call_session_id'], 'record_type': 'call', 'is_alive': True, 'call_duration': 7,
                'start_time': event['occurred_at'], 'connection_id': payload.get('connection_id')})
            if event['event_type'] == 'call.hangup':
                leg.update(is_alive=False, end_time=event['occurred_at'])

    def ended(self, control_id, at):
        """The leg has ended, and there never was a webhook that says so."""
        with self.lock:
            self.legs[control_id].update(is_alive=False, end_time=text_of(at))

    def forget(self, control_id):
        """As some time after the end of a call."""
        with self.lock:
            del self.legs[control_id]

    def attempts(self, delivered):
        """Newest first, as irregular as the examples."""
        request = {'url': 'https://sink.example', 'headers': [['Accept', '*/*']]}
        failed = {'status': 'failed', 'errors': self.random.choice([[75499], [{'code': 75499, 'title': 'no answer'}]]),
                  'http': {'request': {**request, 'headers': self.random.choice([['Accept: */*'], [['Accept', '*/*']]])},
                           'reponse': {'status': 503, 'headers': [], 'body': ''}}}
        return [{'status': 'delivered', 'http': {'request': request, 'response': {'status': 200}}}] if delivered else [failed, failed]

    # What is asked.

    def answer(self, path, query):
        """(status, headers, body)."""
        with self.lock:
            self.asked.append(path + '?' + query)
            chance = self.random.random()
            slow = self.random.random() < self.slow
        if slow:
            time.sleep(0.3)
        headers = {'x-ratelimit-limit': '1000', 'x-ratelimit-remaining': '999', 'x-ratelimit-reset': '1'}
        if self.down or chance < self.failing:
            raise Refusal(500, '10007', 'Unexpected error')
        if chance < self.failing + self.limiting:
            raise Refusal(429, '10011', 'Too many requests', {'x-ratelimit-limit': '1000', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1'})
        if self.refused:
            raise Refusal(self.refused, '10015', 'Refused')
        parameters = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        parts = [urllib.parse.unquote(part) for part in path.removeprefix('/v2/').split('/')]
        with self.lock:
            if parts == ['webhook_deliveries']:
                return headers, self.numbered(self.find_deliveries(parameters), parameters)
            if parts == ['call_events']:
                return headers, self.numbered(self.find_events(parameters), parameters)
            if len(parts) == 2 and parts[0] == 'calls':
                return headers, {'data': self.find_leg(parts[1])}
            if len(parts) == 3 and parts[0] == 'connections' and parts[2] == 'active_calls':
                return headers, self.find_active(parts[1], parameters)
        raise Refusal(404, '10005', 'Resource not found')

    def numbered(self, items, parameters):
        size = int(parameters.get('page[size]', PAGE_DEFAULT))
        number = int(parameters.get('page[number]', 1))
        if not 1 <= size <= PAGE_MAX or number < 1:
            raise Refusal(422, '10015', 'Bad page')
        return {'data': items[(number - 1) * size:number * size],
                'meta': {'page_number': number, 'page_size': size, 'total_results': len(items),
                         'total_pages': max(1, -(-len(items) // size))}}

    def find_deliveries(self, parameters):
        status = parameters.get('filter[status][eq]')
        since, until = parameters.get('filter[started_at][gte]'), parameters.get('filter[started_at][lte]')
        contained = parameters.get('filter[webhook][contains]')
        return [one for one in self.deliveries
                if (not status or one['status'] == status)
                and (not contained or contained in json.dumps(one['webhook']))
                and (not since or moment_of(one['started_at']) >= moment_of(since))
                and (not until or moment_of(one['started_at']) <= moment_of(until))]

    def find_events(self, parameters):
        operators = [name for name in parameters if name.startswith('filter[occurred_at]')]
        if len(operators) > 1:
            raise Refusal(422, '10015', 'Only one operator of occurred_at may be passed')
        leg, session = parameters.get('filter[leg_id]'), parameters.get('filter[application_session_id]')
        oldest = None if leg or session else self.clock() - datetime.timedelta(hours=24)
        return sorted((one for one in self.events
                       if (not leg or one['call_leg_id'] == leg) and (not session or one['call_session_id'] == session)
                       and parameters.get('filter[type]', 'webhook') == one['type']
                       and (oldest is None or moment_of(one['event_timestamp']) >= oldest)),
                      key=lambda one: one['event_timestamp'])

    def find_leg(self, control_id):
        if control_id not in self.legs:
            raise Refusal(404, '10005', 'Resource not found')
        return self.legs[control_id]

    def find_active(self, connection, parameters):
        limit = int(parameters.get('page[limit]', PAGE_DEFAULT))
        active = [leg for leg in self.legs.values() if leg['is_alive'] and leg['connection_id'] in (None, connection)]
        first = int(parameters.get('page[after]', 0))
        last = min(first + limit, len(active))
        return {'data': active[first:last],
                'meta': {'total_items': len(active), 'cursors': {'after': str(last) if last < len(active) else None, 'before': None}}}

    def handler(self):
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):
                path, _, query = self.path.partition('?')
                try:
                    if self.headers.get('Authorization') != f'Bearer {api.key}':
                        raise Refusal(401, '10009', 'Authentication failed')
                    headers, body = api.answer(path, query)
                    self.say(200, headers, body)
                except Refusal as refusal:
                    self.say(refusal.status, refusal.headers, refusal.body)

            def say(self, status, headers, body):
                text = json.dumps(body).encode()
                self.send_response(status)
                for name, value in {'Content-Type': 'application/json', 'Content-Length': str(len(text)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        return Handler


class ApiOfFile(TelnyxApi):
    """Knows nothing until the file is there."""

    def __init__(self, path):
        super().__init__()
        self.path, self.reading = path, threading.Lock()

    def answer(self, path, query):
        with self.reading:
            if not self.events and os.path.exists(self.path):
                with open(self.path, encoding='utf-8') as lines:
                    for line in lines:
                        self.happened(base64.b64decode(json.loads(line)['data_base64']), True)
        return super().answer(path, query)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n', maxsplit=1)[0])
    parser.add_argument('events')
    with ApiOfFile(parser.parse_args().events) as api:
        print(api.url, flush=True)
        threading.Event().wait()


if __name__ == '__main__':
    main()
