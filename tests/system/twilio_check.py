#!/usr/bin/env python3
"""A source of kind twilio from outside: calls of parents and children posted late, twice and out of order; forged
deliveries; a token that changes; and the log verified afterwards.  twilio_check.py PROGRAM"""
import base64
import hashlib
import hmac
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from email.utils import formatdate
from urllib.parse import urlencode

import support

PROGRAM = os.path.abspath(sys.argv.pop(1))
TOKEN, NEXT, GUARDED = '0123456789abcdef0123456789abcdef', 'fedcba9876543210fedcba9876543210', '89abcdef' * 4
ORIGIN, GUARD = 'https://hooks.example', 'user:geheim-7@'
PATH = '/webhooks/voice?site=a%20b'


def sign(url, parameters=(), token=TOKEN):
    """As the provider does, from the values and not from the body."""
    text = url + ''.join(name + value for name, value in sorted(set(parameters)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def callback(leg, parent, sequence, status, seconds_ago, **more):
    direction = 'outbound-dial' if parent else 'inbound'
    stamp = formatdate(time.time() - seconds_ago)
    return [('Called', '+18005551212'), ('Direction', direction), ('Timestamp', stamp), ('From', '+1415 "ö" <b>'),
            ('CallbackSource', 'call-progress-events'), ('SequenceNumber', str(sequence)), ('CallSid', leg),
            *([('ParentCallSid', parent)] if parent else []), ('To', '+18005551212'), ('CallStatus', status),
            ('AccountSid', 'AC1'), *more.items()]


class Twilio(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.configure(TOKEN)
        self.server = self.enterContext(support.Server(PROGRAM, '--config', self.path('config.ini')))

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(text)
        return self.path(name)

    def configure(self, *tokens):
        files = [self.write(f'token-{token[:4]}', token + '\n') for token in (*tokens, GUARDED)]
        self.write('config.ini', f'[source.voice]\nkind = twilio\npublic-url = {ORIGIN}\n' +
                   ''.join(f'secret-file = {file}\n' for file in files[:-1]) +
                   f'[source.guarded]\nkind = twilio\npublic-url = https://{GUARD}hooks.example\nsecret-file = {files[-1]}\n')

    def post(self, parameters, signature=None, target=PATH, method='POST', headers=()):
        signature = sign(ORIGIN + target, parameters) if signature is None else signature
        body = urlencode(parameters).encode()
        return self.send(body, [('X-Twilio-Signature', signature), *headers], target, method,
                         'application/x-www-form-urlencoded; charset=UTF-8')

    def send(self, body, headers, target=PATH, method='POST', content_type='application/json'):
        return support.request(self.server.webhooks, method, target, [('Content-Type', content_type), *headers], body)

    def status(self, answer):
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)['status']

    def refused(self, answer, status, code):
        self.assertEqual((answer.status, json.loads(answer.body)['type']), (status, f'urn:hookledger:problem:{code}'))

    def get(self, target):
        answer = self.server.get(target)
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)

    def command(self, *arguments, exits=0):
        run = subprocess.run([PROGRAM, *arguments, '--data-dir', self.server.data_dir], capture_output=True, timeout=60,
                             env=support.environment())
        self.assertEqual(run.returncode, exits, run.stderr)
        for secret in (TOKEN, NEXT, GUARDED, 'geheim-7'):
            self.assertNotIn(secret, run.stdout.decode() + run.stderr.decode())
        return run.stdout.decode()

    def verified(self, *arguments, exits=0):
        return json.loads(self.command('verify', '--json', *arguments, exits=exits))

    def wait_for(self, what, condition):
        end = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), end, f'{what}: {self.server.log()}')
            time.sleep(0.05)

    def reload(self, *tokens):
        before = self.server.log().count('reloaded')
        self.configure(*tokens)
        self.server.process.send_signal(signal.SIGHUP)
        self.wait_for('the reload', lambda: self.server.log().count('reloaded') > before)

    def deliver_call(self, call):
        """A caller for whom two numbers are dialled, one after the other, in any order of arrival and some of it twice."""
        first, second = call + 'b', call + 'a'
        recording = {'RecordingSid': 'RE' + call, 'RecordingUrl': 'https://api.example/RE' + call, 'RecordingDuration': '7'}
        callbacks = [callback(first, call, 0, 'initiated', 60), callback(first, call, 1, 'ringing', 60),
                     callback(first, call, 2, 'no-answer', 40), callback(second, call, 0, 'initiated', 39),
                     callback(second, call, 1, 'ringing', 39), callback(second, call, 2, 'in-progress', 30),
                     callback(second, call, 3, 'completed', 3), callback(call, None, 0, 'completed', 3, **recording)]
        order = [*callbacks, *random.sample(callbacks, 3)]
        random.shuffle(order)
        answers = [self.status(self.post(parameters)) for parameters in order]
        self.assertEqual((answers.count('accepted'), answers.count('duplicate')), (8, 3))

    def test_calls(self):
        random.seed(seed := random.randrange(1 << 32))
        print('seed', seed)
        for call in ('CA1', 'CA2', 'CA3'):
            self.deliver_call(call)
            seen = self.get(f'/v1/calls/{call}')
            self.assertEqual((seen['source'], seen['status'], seen['direction'], seen['hangup_cause'], seen['missing'], seen['findings']),
                             ('voice', 'ended', 'incoming', 'completed', [], []))
            self.assertEqual((seen['originator_leg_id'], seen['winner_leg_id'], seen['events']['count']), (call, call + 'a', 8))
            self.assertEqual([leg['id'] for leg in seen['legs']], [call + 'b', call + 'a', call])
            self.assertEqual(seen['answered_at'], seen['bridged_at'])
            self.assertEqual(seen['from'], '+1415 "ö" <b>')
            self.assertEqual([(one['id'], one['urls']) for one in seen['recordings']],
                             [('RE' + call, {'url': 'https://api.example/RE' + call})])
        self.assertEqual(self.get('/v1/legs/CA2a')['id'], 'CA2')
        records = self.get('/v1/calls/CA1/records')['records']
        self.assertEqual({record['signature'] for record in records}, {'valid'})
        self.assertEqual([record['type'] for record in records if record['leg_id'] == 'CA1a'],
                         ['call.initiated', 'call.ringing', 'call.answered', 'call.hangup'])
        self.assertEqual([record['id'] for record in records if record['leg_id'] == 'CA1b'],
                         [f'CA1b/{n}/call-progress-events' for n in range(3)])
        place = records[0]
        record = self.get(f'/v1/records/{place["partition"]}/{place["offset"]}')
        self.assertEqual((record['sourcekind'], record['signedwith']), ('twilio', ORIGIN + PATH))

        config = ('--config', self.path('config.ini'))
        found = self.verified(*config)
        self.assertEqual((found['records'], found['signatures']['valid'], found['mismatches']), (24, 24, 0))
        self.assertEqual(self.verified(exits=3)['signatures']['unknown_key'], 24)
        self.assertIn('a secret that no configured source has', self.command('verify', '--explain', exits=3))
        self.command('rebuild', '--verify', *config)

    def test_an_export_is_verified_when_it_comes_in(self):
        self.deliver_call('CA1')
        self.write('log.jsonl', lines := self.command('export'))
        self.server.stop()
        self.server.data_dir = self.path('copy')
        with open(self.path('log.jsonl'), 'rb') as file:
            subprocess.run([PROGRAM, 'import', '--data-dir', self.server.data_dir, '--config', self.path('config.ini')],
                           stdin=file, check=True, capture_output=True, timeout=60, env=support.environment())
        self.assertEqual(self.command('export'), lines)
        self.assertEqual(self.verified('--config', self.path('config.ini'))['signatures']['valid'], 8)

    def test_forgeries(self):
        right = callback('CA1', None, 0, 'completed', 1)
        signature = sign(ORIGIN + PATH, right)
        self.refused(self.post(right, sign(ORIGIN + PATH, right, NEXT)), 403, 'signature-invalid')
        self.refused(self.post(right, sign(f'http://{self.server.webhooks}{PATH}', right)), 403, 'signature-invalid')
        self.refused(self.post([*right, ('CallDuration', '1')], signature), 403, 'signature-invalid')
        self.refused(self.post(right[1:], signature), 403, 'signature-invalid')
        self.refused(self.post(right, signature, target='/webhooks/voice'), 403, 'signature-invalid')
        self.refused(self.post(right, signature, target='/webhooks/guarded?site=a%20b'), 403, 'signature-invalid')
        self.refused(self.post(right, 'x'), 403, 'signature-invalid')
        self.refused(self.post(right, signature, headers=[('X-Twilio-Signature', signature)]), 403, 'signature-invalid')
        self.refused(self.post(right, ''), 403, 'signature-missing')
        self.refused(self.send(urlencode(right).encode(), []), 403, 'signature-missing')
        self.refused(self.send(b'CallSid=%', [('X-Twilio-Signature', signature)]), 403, 'signature-invalid')
        self.refused(self.post([], sign(f'{ORIGIN}{PATH}&{urlencode(right)}'), target=f'{PATH}&{urlencode(right)}', method='GET'),
                     405, 'method-not-allowed')
        self.assertEqual(self.verified('--config', self.path('config.ini'))['records'], 0)
        self.assertEqual(self.status(self.post(right)), 'accepted')

    def test_json_is_covered_by_its_hash(self):
        body = json.dumps({'CallSid': 'CA1', 'CallStatus': 'ringing', 'SequenceNumber': '1'}).encode()
        target = f'{PATH}&bodySHA256={hashlib.sha256(body).hexdigest()}'
        headers = [('X-Twilio-Signature', sign(ORIGIN + target))]
        self.refused(self.send(body + b' ', headers, target), 403, 'signature-invalid')
        self.refused(self.send(b'', [*headers, ('Content-Length', '0')], target, content_type='application/x-www-form-urlencoded'), 403, 'signature-invalid')
        self.refused(self.send(body, [('X-Twilio-Signature', sign(ORIGIN + PATH))]), 403, 'signature-invalid')
        self.assertEqual(self.status(self.send(body, headers, target)), 'accepted')
        self.assertEqual(self.status(self.send(body, headers, target)), 'duplicate')
        self.assertEqual(self.get('/v1/calls/CA1')['status'], 'ringing')

    def test_signed_bodies_of_no_call_are_kept(self):
        message = [('MessageSid', 'SM1'), ('MessageStatus', 'sent')]
        self.assertEqual(self.status(self.post(message)), 'unrecognised')
        self.assertEqual(self.status(self.post(message)), 'duplicate')

    def test_user_information_is_signed_and_never_shown(self):
        parameters = callback('CA9', None, 0, 'completed', 1)
        target = '/webhooks/guarded'
        signature = sign(f'https://{GUARD}hooks.example{target}', parameters, GUARDED)
        self.refused(self.post(parameters, sign(f'https://x@hooks.example{target}', parameters, GUARDED), target), 403,
                     'signature-invalid')
        self.assertEqual(self.status(self.post(parameters, signature, target)), 'accepted')
        self.assertIn('https://hooks.example/webhooks/guarded', self.command('export'))
        self.assertEqual(self.get('/v1/calls/CA9/records')['records'][0]['signature'], 'valid')
        self.assertEqual(self.verified('--config', self.path('config.ini'))['signatures']['valid'], 1)
        self.assertNotIn('geheim-7', self.server.log())

    def test_the_token_changes_without_a_restart(self):
        old, new, last = (callback(leg, None, 0, 'completed', 1) for leg in ('CA1', 'CA2', 'CA3'))
        signed_new = sign(ORIGIN + PATH, new, NEXT)
        self.refused(self.post(new, signed_new), 403, 'signature-invalid')
        self.reload(TOKEN, NEXT)
        self.assertEqual(self.status(self.post(old)), 'accepted')
        self.assertEqual(self.status(self.post(new, signed_new)), 'accepted')
        self.reload(NEXT)
        self.refused(self.post(last), 403, 'signature-invalid')
        found = self.verified('--config', self.path('config.ini'), exits=3)
        self.assertEqual((found['signatures']['valid'], found['signatures']['unknown_key']), (1, 1))

    def test_settings_that_cannot_be(self):
        secret = self.write('secret', TOKEN)
        for section, words in (
                (f'kind = twilio\nsecret-file = {secret}\n', 'give public-url'),
                (f'kind = twilio\nsecret-file = {secret}\npublic-url = https://hooks.example/voice\n', 'public-url is no origin'),
                (f'kind = twilio\npublic-url = {ORIGIN}\n', 'secret-file'),
                (f'kind = twilio\npublic-url = {ORIGIN}\nsecret-file = {self.write("short", "12345")}\n', 'does not hold one secret'),
                (f'kind = twilio\npublic-url = {ORIGIN}\nsecret-file = {self.path("nowhere")}\n', 'cannot be read'),
                (f'kind = twilio\npublic-url = {ORIGIN}\npublic-key = {self.server.public_key}\n', 'not with public-key')):
            config = self.write('wrong.ini', '[source.voice]\n' + section)
            run = subprocess.run([PROGRAM, 'serve', '--config', config, '--data-dir', self.path('none')], capture_output=True,
                                 text=True, timeout=20, env=support.environment())
            self.assertEqual((run.returncode, run.stderr.count('\n')), (2, 1), run.stderr)
            self.assertIn(words, run.stderr)


if __name__ == '__main__':
    unittest.main()
