#!/usr/bin/env python3
"""Requests every operation of schemas/openapi.yaml from the running server, with right and wrong parameters, and holds
status, content type, headers and body of each answer against the document."""
import base64
import json
import os
import re
import sys
import tempfile
import unittest
import urllib.parse

import jsonschema
import yaml

import support
from application_support import Application
from kafka_support import wait_until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from telnyx_api import TelnyxApi  # noqa: E402

PROGRAM = os.path.abspath(sys.argv.pop(1))
DOCUMENT_PATH = os.path.join(os.path.dirname(__file__), '..', '..', 'schemas', 'openapi.yaml')

# Answers that need a failing disk, a stopping server or a wait of ten seconds; tests of those modules give them.
NOT_PROVOKED = {'408', '500', '503'}


class Document:
    """The OpenAPI document, and what of it has been seen."""

    def __init__(self, path):
        with open(path, 'rb') as file:
            self.bytes = file.read()
        self.root = yaml.safe_load(self.bytes)
        self.seen = set()

    def resolve(self, node):
        if '$ref' not in node:
            return node
        found = self.root
        for name in node['$ref'].removeprefix('#/').split('/'):
            found = found[name]
        return found

    def operations(self):
        for path, item in self.root['paths'].items():
            for method in item.keys() & {'get', 'post'}:
                yield method, path, item[method]

    def operation(self, method, target):
        path = target.partition('?')[0]
        for known, template, operation in self.operations():
            if known == method.lower() and re.fullmatch(re.sub(r'\{[a-z_]+\}', '[^/]+', template), path):
                return template, operation
        raise AssertionError(f'{method} {path} is not in the document')

    def validator(self, schema):
        return jsonschema.Draft202012Validator({'allOf': [schema], 'components': self.root['components']})

    def check(self, method, target, answer):
        """Raises where the answer is not what the document says."""
        template, operation = self.operation(method, target)
        where = f'{method} {target}: {answer.status}'
        status = str(answer.status) if str(answer.status) in operation['responses'] else 'default'
        if status not in operation['responses']:
            raise AssertionError(f'{where} is not in the document: {answer.body[:200]}')
        response = self.resolve(operation['responses'][status])
        kind = answer.headers.get('content-type', '').partition(';')[0]
        if kind not in response['content']:
            raise AssertionError(f'{where} has content type {kind}, not one of {list(response["content"])}')
        for name, header in response.get('headers', {}).items():
            if header.get('required') and name.lower() not in answer.headers:
                raise AssertionError(f'{where} lacks the header {name}')
        if kind.endswith('json'):
            body = json.loads(answer.body)
            for error in self.validator(response['content'][kind]['schema']).iter_errors(body):
                raise AssertionError(f'{where}: {error.json_path}: {error.message}')
            if kind == 'application/problem+json' and body['status'] != answer.status:
                raise AssertionError(f'{where}, but the problem says {body["status"]}')
        self.seen.add((method.lower(), template, status, kind))


class OpenApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.document = Document(DOCUMENT_PATH)
        cls.provider = cls.enterClassContext(TelnyxApi())
        key = cls.enterClassContext(tempfile.NamedTemporaryFile('w'))
        key.write(cls.provider.key)
        key.flush()
        cls.application = Application(cls.enterClassContext(tempfile.TemporaryDirectory()), 'app').start()
        cls.addClassCleanup(cls.application.kill)
        cls.application.behave('refuse call.hangup 422')
        config = cls.enterClassContext(tempfile.NamedTemporaryFile('w'))
        config.write(cls.application.section('give-up-after = 1'))
        config.flush()
        cls.server = cls.enterClassContext(support.Server(PROGRAM, '--config', config.name, '--telnyx-api-key-file', key.name,
                                                          '--telnyx-api-url', cls.provider.url))
        cls.server.simulate('--calls', '12', '--seed', '7', '--duplicate', '0.2', '--drop', '0.1')

    def get(self, path, expected=200, problem=None, /, **query):
        target = path + ('?' + urllib.parse.urlencode(query) if query else '')
        answer = self.server.get(target)
        self.document.check('GET', target, answer)
        self.assertEqual(answer.status, expected, f'{target}: {answer.body[:300]}')
        if problem:
            self.assertEqual(json.loads(answer.body)['type'], 'urn:hookledger:problem:' + problem, target)
        return answer

    def get_json(self, path, **query):
        return json.loads(self.get(path, **query).body)

    def deliver(self, body, status, outcome, headers=None, target='/webhooks/telnyx', method='POST'):
        headers = self.server.signed_headers(body) if headers is None else headers
        answer = support.request(self.server.webhooks, method, target, headers, body)
        if method == 'POST':
            self.document.check('POST', target, answer)
        self.assertEqual(answer.status, status, answer.body)
        found = json.loads(answer.body)
        self.assertEqual(found['status'] if status == 200 else found['type'].rpartition(':')[2], outcome)
        return found

    def test_1_webhooks(self):
        body = json.dumps({'data': {'record_type': 'event', 'event_type': 'call.initiated', 'id': 'event-1',
                                    'occurred_at': '2026-02-08T10:15:30.123456Z',
                                    'payload': {'call_session_id': 'odd call/1', 'call_leg_id': 'odd leg/1',
                                                'call_control_id': 'odd control?1', 'direction': 'incoming'}}}).encode()
        first = self.deliver(body, 200, 'accepted')
        again = self.deliver(body, 200, 'duplicate')
        self.assertEqual((first['partition'], first['offset']), (again['partition'], again['offset']))
        unread = self.deliver(b'\xffnot JSON', 200, 'unrecognised')
        self.assertRegex(unread['id'], '^blake2b:[0-9a-f]{64}$')

        signed = self.server.signed_headers(body)
        self.deliver(body, 403, 'signature-missing', signed[:1])
        self.deliver(body + b' ', 403, 'signature-invalid', signed)
        self.deliver(body, 403, 'timestamp-out-of-tolerance', self.server.signed_headers(body, 1_700_000_000))
        self.deliver(body, 404, 'unknown-source', signed, target='/webhooks/nobody')
        self.deliver(b'', 411, 'length-required', signed)
        self.deliver(body, 400, 'bad-request', [*signed, ('Content-Length', '3'), ('Transfer-Encoding', 'chunked')])
        self.deliver(b'x' * (1024 * 1024 + 1), 413, 'body-too-large', signed)
        self.deliver(body, 431, 'headers-too-large', [*signed, ('X-Long', 'x' * 17_000)])
        wrong = support.request(self.server.webhooks, 'PUT', '/webhooks/telnyx', signed, body)
        self.document.check('POST', '/webhooks/telnyx', wrong)
        self.assertEqual(wrong.status, 405)

    def test_2_calls(self):
        calls = self.get_json('/v1/calls', limit=500)['items']
        self.assertGreaterEqual(len(calls), 12)
        first, total = [], len(calls)
        cursor = {}
        while True:
            page = self.get_json('/v1/calls', limit=5, **cursor)
            first += page['items']
            if page['next_cursor'] is None:
                break
            cursor = {'cursor': page['next_cursor']}
        self.assertEqual([call['id'] for call in first], [call['id'] for call in calls])
        self.assertEqual(len(first), total)

        some = next(call for call in calls if call['legs'])
        leg = some['legs'][0]
        for query in ({'status': some['status']}, {'number': leg['from']}, {'org': 'nobody'},
                      {'since': '2020-01-01T00:00:00Z', 'until': some['events']['first_at']}, {'since': '-10m'}):
            self.get('/v1/calls', **query)
        for name, value in (('status', 'sometimes'), ('limit', '0'), ('limit', '501'), ('limit', 'x'), ('cursor', '!'),
                            ('since', 'yesterday'), ('until', '2026-02-30T00:00:00Z'), ('unheard', 'of')):
            problem = json.loads(self.get('/v1/calls', 400, 'bad-parameter', **{name: value}).body)
            self.assertIn(name, problem['detail'])

        path = '/v1/calls/' + urllib.parse.quote(some['id'], safe='')
        for tail in ('', '/records'):
            self.get(path + tail)
            self.get(path + tail, at='2100-01-01T00:00:00Z', by='occurrence')
            self.get(path + tail, 404, 'call-not-found', at='2001-01-01T00:00:00Z')
            self.get('/v1/calls/nobody' + tail, 404, 'call-not-found')
            self.get(path + tail, 400, 'bad-parameter', at='then')
            self.get(path + tail, 400, 'bad-parameter', at='-1m', by='hearsay')
        for id in filter(None, (leg['id'], leg['control_id'])):
            found = self.get_json('/v1/legs/' + urllib.parse.quote(id, safe=''))
            self.assertEqual(found['id'], some['id'])
        self.get('/v1/legs/nobody', 404, 'leg-not-found')
        self.get('/v1/legs/nobody', 400, 'bad-parameter', unheard='of')

    def test_3_findings(self):
        found = self.get_json('/v1/findings', status='all', at='2100-01-01T00:00:00Z', limit=500)['items']
        self.assertTrue(found, 'lost events leave findings')
        for status in ('open', 'resolved', 'noted', 'all'):
            self.get('/v1/findings', status=status)
        self.get('/v1/findings', rule=found[0]['rule'], call=found[0]['call_id'])
        for name, value in (('status', 'maybe'), ('rule', 'no-such-rule'), ('at', 'then'), ('limit', '501'), ('cursor', '!')):
            self.get('/v1/findings', 400, 'bad-parameter', **{name: value})

    def test_4_records(self):
        body = b'{"data":{"event_type":"call.note","id":"event-2","payload":{}}}'
        place = self.deliver(body, 200, 'accepted')
        path = f'/v1/records/{place["partition"]}/{place["offset"]}'
        record = self.get_json(path)
        self.assertEqual(base64.b64decode(record['data_base64']), body)
        self.assertEqual((record['partition'], record['offset']), (str(place['partition']), str(place['offset'])))
        self.assertEqual(self.get(path + '?raw').body, body)
        self.get(f'/v1/records/{place["partition"]}/99999999', 404, 'record-not-found')
        self.get('/v1/records/99999999/0', 404, 'record-not-found')
        self.get('/v1/records/x/0', 400, 'bad-parameter')

    def recover(self, target, expected, problem=None, command='recover', server=None):
        headers = [('Content-Length', '0')] + ([('Hookledger-Command', command)] if command else [])
        answer = support.request((server or self.server).api, 'POST', '/v1/recoveries' + target, headers)
        self.document.check('POST', '/v1/recoveries', answer)
        self.assertEqual(answer.status, expected, answer.body)
        if problem:
            self.assertEqual(json.loads(answer.body)['type'], 'urn:hookledger:problem:' + problem, target)
        return json.loads(answer.body)

    def test_4_recoveries(self):
        body = json.dumps({'data': {'record_type': 'event', 'event_type': 'call.hangup', 'id': 'lost', 'occurred_at': '2026-02-08T10:15:30Z',
                                    'payload': {'call_session_id': 'lost', 'call_leg_id': 'lost', 'call_control_id': 'lost'}}}).encode()
        self.provider.happened(body, delivered=False)
        for target in ('?since=-1h&dry_run=true', '?since=-1h&dry_run=false', '?call=lost'):
            self.recover(target, 200)
        for target in ('', '?call=', '?call=a&since=-1h', '?since=then', '?call=a&dry_run=perhaps', '?since=-1h&cursor=!', '?call=a&x=y'):
            self.recover(target, 400, 'bad-parameter')
        for command in (None, 'deadletters'):
            self.recover('?call=lost', 403, 'command-missing', command)
        self.recover('?call=nobody', 404, 'call-not-found')
        self.provider.refused = 404
        self.recover('?since=-1h', 502, 'recovery-answer-unusable')
        self.provider.refused = None
        self.provider.down = True
        self.recover('?call=lost', 503, 'recovery-unavailable')
        self.provider.down = False
        with support.Server(PROGRAM) as without_key:
            self.recover('?call=lost', 409, 'recovery-not-configured', server=without_key)
        answer = self.server.get('/v1/recoveries?call=lost')
        self.document.check('POST', '/v1/recoveries', answer)
        self.assertEqual((answer.status, answer.headers['allow']), (405, 'POST'))

    def change_letters(self, action, target, expected, problem=None, command='deadletters'):
        headers = [('Content-Length', '0')] + ([('Hookledger-Command', command)] if command else [])
        answer = support.request(self.server.api, 'POST', f'/v1/deadletters/{action}{target}', headers)
        self.document.check('POST', f'/v1/deadletters/{action}', answer)
        self.assertEqual(answer.status, expected, answer.body)
        found = json.loads(answer.body)
        if problem:
            self.assertEqual(found['type'], 'urn:hookledger:problem:' + problem, target)
        return found

    def test_4_dead_letters(self):
        no_lag = b'hookledger_subscription_lag_records{subscription="app"} 0\n'
        wait_until(lambda: self.get_json('/v1/deadletters')['items'] and no_lag in self.get('/metrics').body, 30, 'dead letters')
        all_of_them = self.get_json('/v1/deadletters', limit=500)['items']
        for letter in all_of_them:
            self.assertEqual((letter['type'], letter['answer'], letter['attempts']), ('call.hangup', 'HTTP 422', 1))
        page = self.get_json('/v1/deadletters', limit=1, subscription='app')
        more = self.get_json('/v1/deadletters', limit=500, subscription='app', cursor=page['next_cursor'])['items']
        self.assertEqual(page['items'] + more, all_of_them)
        one = all_of_them[0]
        place = f'{one["partition"]}/{one["offset"]}'
        self.assertEqual(self.get_json('/v1/deadletters', id=place)['items'], [one])
        self.get('/v1/deadletters', 400, 'bad-parameter', id='7')
        self.get('/v1/deadletters', 400, 'bad-parameter', cursor='7')
        self.get('/v1/deadletters', 404, 'dead-letter-not-found', subscription='nobody')
        for action in ('retry', 'drop'):
            self.change_letters(action, '?id=x', 400, 'bad-parameter')
            self.change_letters(action, '', 403, 'command-missing', None)
            self.change_letters(action, '', 403, 'command-missing', 'recover')
            self.change_letters(action, '?id=0/99999999', 404, 'dead-letter-not-found')
            self.change_letters(action, '?subscription=nobody', 404, 'dead-letter-not-found')
            answer = self.server.get(f'/v1/deadletters/{action}')
            self.document.check('POST', f'/v1/deadletters/{action}', answer)
            self.assertEqual((answer.status, answer.headers['allow']), (405, 'POST'))
        self.assertEqual(self.change_letters('drop', '?id=' + place, 200), {'count': 1})
        self.application.behave('ok')
        self.assertEqual(self.change_letters('retry', '?subscription=app', 200), {'count': len(all_of_them) - 1})
        wait_until(lambda: not self.get_json('/v1/deadletters')['items'], 30, 'all of them delivered')

    def test_5_operation(self):
        self.get('/healthz')
        self.get('/readyz')
        self.assertIn(b'# TYPE', self.get('/metrics').body)
        self.assertEqual(self.get('/openapi.yaml').body, self.document.bytes)
        for method, target, status, problem in (('GET', '/nowhere', 404, 'not-found'),
                                                ('POST', '/v1/calls', 405, 'method-not-allowed')):
            answer = support.request(self.server.api, method, target, [('Content-Length', '0')] if method == 'POST' else ())
            self.assertEqual((answer.status, json.loads(answer.body)['type']), (status, 'urn:hookledger:problem:' + problem))

    def test_5_what_every_operation_of_the_api_answers(self):
        large, small = ('Content-Length', str(2 << 20)), ('Content-Length', '2')
        for _, path, operation in self.document.operations():
            if operation['operationId'] in ('deliver', 'recover', 'retryDeadLetters', 'dropDeadLetters'):
                continue
            target = re.sub(r'\{[a-z_]+\}', '0', path)
            for method, headers, status, problem in (
                    ('POST', [], 405, 'method-not-allowed'), ('PUT', [large], 405, 'method-not-allowed'),
                    ('DELETE', [small], 405, 'method-not-allowed'), ('GET', [large], 413, 'body-too-large'),
                    ('GET', [('X', 'x' * 17_000)], 431, 'headers-too-large'), ('GET', [small, small], 400, 'bad-request')):
                answer = support.request(self.server.api, method, target, headers, timeout=5)
                self.document.check('GET', target, answer)
                self.assertEqual((answer.status, json.loads(answer.body)['type']), (status, 'urn:hookledger:problem:' + problem),
                                 f'{method} {target} {headers}')
            got, head = self.server.get(target), self.server.get(target, 'HEAD')
            self.assertEqual((head.status, head.headers['content-type'], head.body), (got.status, got.headers['content-type'], b''))
            if operation['tags'] == ['operation']:
                self.get(target + '?x=1&x')
        for headers in ([], [large], [small]):
            answer = support.request(self.server.api, 'POST', '/nowhere', headers, timeout=5)
            self.assertEqual((answer.status, json.loads(answer.body)['type']), (404, 'urn:hookledger:problem:not-found'))

    def test_6_the_document_itself(self):
        for name, schema in self.document.root['components']['schemas'].items():
            jsonschema.Draft202012Validator.check_schema(schema)
            for example in schema.get('examples', ()):
                self.document.validator(schema).validate(example)
            if 'required' in schema:
                self.assertEqual(set(schema['required']) - set(schema['properties']), set(), name)
                self.assertIs(schema['additionalProperties'], False, name)

    def test_7_every_answer_was_seen(self):
        for method, path, operation in self.document.operations():
            for status, response in operation['responses'].items():
                for kind in self.document.resolve(response)['content']:
                    if status not in NOT_PROVOKED:
                        self.assertIn((method, path, status, kind), self.document.seen)

    def test_8_it_stops(self):
        self.assertEqual(self.server.stop(), 0, self.server.log())


if __name__ == '__main__':
    unittest.main()
