#!/usr/bin/env python3
"""What applications and devices post, over HTTP, signed as Standard Webhooks says: every shape of body, rotation, every
part altered, stale and future, repeats, reload, and what the views and `verify` make of it.  telemetry_check.py PROGRAM"""
import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import support

PROGRAM = sys.argv.pop()
SECRETS = [bytes([n]) * 32 for n in (1, 2, 3)]
EVIL = 'phone <b>\x1b[31m" 1'
DATA = {'call_session_id': 'call-1', 'call_leg_id': 'leg-2', 'device_id': EVIL, 'organization_id': 'org-of-the-app'}


def whsec(secret):
    return 'whsec_' + base64.b64encode(secret).decode()


def sign(secret, event_id, timestamp, body):
    signed = event_id.encode() + b'.' + str(timestamp).encode() + b'.' + body
    return 'v1,' + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def structured(event_id, kind='app.leg.requested', **data):
    return json.dumps({'specversion': '1.0', 'id': event_id, 'source': '/app', 'type': kind,
                       'time': '2026-02-08T10:15:30Z', 'data': {**DATA, **data}}).encode()


def provider(event_id, leg, kind='call.initiated'):
    return json.dumps({'data': {'event_type': kind, 'id': event_id, 'occurred_at': '2026-02-08T10:15:31Z', 'payload': {
        'call_session_id': 'call-1', 'call_leg_id': leg, 'direction': 'incoming'}}}).encode()


class Telemetry(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='hookledger-telemetry-')
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.server = self.enterContext(support.Server(PROGRAM, '--config', self.config([0])))

    def config(self, secrets):
        """Of a source `app` with these secrets; written over what was there."""
        folder = self.folder
        lines = ['[source.app]', 'kind = standard']
        for n in secrets:
            with open(os.path.join(folder, f'{n}.secret'), 'w', encoding='ascii') as file:
                file.write(whsec(SECRETS[n]) + '\n')
            lines.append(f'secret-file = {folder}/{n}.secret')
        with open(os.path.join(folder, 'app.ini'), 'w', encoding='ascii') as file:
            file.write('\n'.join(lines) + '\n')
        return os.path.join(folder, 'app.ini')

    def post(self, body, event_id='msg_1', secret=0, age=0, headers=(), sent_id=None, sent_body=None, sent_age=0, signature=None,
             prefix='webhook-', content_type='application/json'):
        timestamp = int(time.time()) - age
        if signature is None:
            signature = sign(SECRETS[secret], event_id, timestamp, body)
        answer = support.request(self.server.webhooks, 'POST', '/webhooks/app',
                                 [('Content-Type', content_type), (prefix + 'id', sent_id or event_id),
                                  (prefix + 'timestamp', str(timestamp - sent_age)), (prefix + 'signature', signature), *headers],
                                 body if sent_body is None else sent_body)
        told = json.loads(answer.body)
        return told['status'] if answer.status == 200 else told['type'].rpartition(':')[2], told

    def get(self, target):
        return json.loads(self.server.get(target).body)

    def run_it(self, *arguments, expected=0):
        result = subprocess.run([PROGRAM, *arguments], capture_output=True, timeout=60, env=support.environment())
        self.assertEqual(result.returncode, expected, result.stderr.decode())
        return result.stdout.decode()

    def test_every_shape_is_read(self):
        status, told = self.post(structured('ce-1'), content_type='application/cloudevents+json; charset=utf-8')
        self.assertEqual((status, told['id']), ('accepted', 'ce-1'))
        plain = json.dumps({'type': 'device.crashed', 'timestamp': '2026-02-08T10:15:32Z', 'data': DATA}).encode()
        self.assertEqual(self.post(plain, 'msg_plain')[1]['id'], 'msg_plain')
        ce = [('ce-specversion', '1.0'), ('ce-id', 'unsigned'), ('ce-source', '/app'), ('ce-type', 'device.push%20received'),
              ('ce-time', '2026-02-08T10:15:33Z')]
        binary = json.dumps(DATA).encode()
        self.assertEqual(self.post(binary, 'msg_binary', headers=ce)[1]['id'], 'msg_binary')
        view = self.get('/v1/calls/call-1/records')
        self.assertEqual([(record['id'], record['type'], record['occurred_at'], record['source'], record['telemetry'],
                           record['device_id'], record['signature']) for record in view['records']],
                         [('ce-1', 'app.leg.requested', '2026-02-08T10:15:30.000000Z', 'app', True, EVIL, 'valid'),
                          ('msg_plain', 'device.crashed', '2026-02-08T10:15:32.000000Z', 'app', True, EVIL, 'valid'),
                          ('msg_binary', 'device.push received', '2026-02-08T10:15:33.000000Z', 'app', True, EVIL, 'valid')])
        self.assertIsNone(view['call']['source'])
        self.assertIsNone(view['call']['organization_id'])
        self.assertEqual([(leg['id'], leg['status']) for leg in view['call']['legs']], [('leg-2', 'initiated')])
        self.assertEqual(view['call']['missing'], [{'leg_id': 'leg-2', 'type': 'call.initiated'}])
        for body in (b'[' + structured('x') + b']', b'no JSON', json.dumps(DATA).encode()):
            self.assertEqual(self.post(body, 'msg_' + str(len(body)))[0], 'unrecognised')

    def test_the_provider_and_the_application_do_not_displace_each_other(self):
        self.post(structured('same'))
        self.server.deliver(provider('same', 'leg-1'))
        self.server.deliver(provider('other', 'leg-2', 'call.answered'))
        call = self.get('/v1/calls/call-1')
        self.assertEqual((call['source'], call['events']['count'], len(call['legs'])), ('telnyx', 3, 2))

    def test_a_device_without_a_call_is_in_the_log(self):
        _, told = self.post(structured('ce-1', call_session_id=None))
        record = self.get(f'/v1/records/{told["partition"]}/{told["offset"]}')
        self.assertEqual((record['partitionkey'], record['sourcekind'], record['signedwith']), (EVIL, 'standard', 'msg_1'))
        self.assertEqual(self.get('/v1/calls')['items'], [])

    def test_what_is_altered_or_late_stays_out(self):
        body = structured('ce-1')
        for how in ({'sent_id': 'msg_2'}, {'sent_body': body + b' '}, {'sent_age': 1}, {'secret': 1}, {'signature': 'v1,'},
                    {'signature': 'v2,abc'}, {'event_id': 'msg.1'}, {'headers': [('webhook-id', 'msg_1')]},
                    {'headers': [('webhook-signature', 'v1,x')]}, {'age': 301, 'secret': 1}):
            self.assertEqual(self.post(body, **how)[0], 'signature-invalid', how)
        for how in ({'signature': ''}, {'prefix': 'x-'}):
            self.assertEqual(self.post(body, **how)[0], 'signature-missing', how)
        for age in (310, -310):
            self.assertEqual(self.post(body, age=age)[0], 'timestamp-out-of-tolerance', age)
        self.assertEqual(self.run_it('export', '--data-dir', self.server.data_dir), '')
        self.assertEqual(self.post(body, prefix='svix-', age=290)[0], 'accepted')
        self.assertEqual(self.post(body, 'msg_2')[0], 'duplicate')
        self.assertNotIn(base64.b64encode(SECRETS[0]).decode(), self.server.log())

    def test_secrets_rotate_with_a_reload(self):
        self.config([1, 0])
        self.assertEqual(self.post(structured('ce-1'), secret=1)[0], 'signature-invalid')
        self.server.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 20
        while self.post(structured('ce-1'), secret=1)[0] == 'signature-invalid' and time.monotonic() < end:
            time.sleep(0.05)
        old, new = (sign(SECRETS[n], 'msg_2', int(time.time()), structured('ce-2')) for n in (0, 1))
        self.assertEqual(self.post(structured('ce-2'), 'msg_2', signature=f'{sign(SECRETS[2], "x", 0, b"")} {old} {new}')[0], 'accepted')
        self.assertEqual(self.post(structured('ce-3'), 'msg_3')[0], 'accepted')
        os.remove(os.path.join(self.folder, '1.secret'))
        self.server.process.send_signal(signal.SIGHUP)
        while 'reload refused' not in self.server.log() and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(self.post(structured('ce-4'), 'msg_4', secret=1)[0], 'accepted', 'everything stays as it was')

    def test_it_is_verified_again_exported_and_imported(self):
        ce = [('ce-specversion', '1.0'), ('ce-id', 'x'), ('ce-source', '/app'), ('ce-type', 'device.push.received')]
        self.post(structured('ce-1'))
        self.post(json.dumps(DATA).encode(), 'msg_2', headers=ce)
        self.post(b'no JSON', 'msg_3')
        self.server.deliver(provider('e1', 'leg-1'))
        self.assertEqual(self.server.stop(), 0)
        here = ('--data-dir', self.server.data_dir, '--telnyx-public-key', self.server.public_key)
        config = self.config([0])
        self.assertIn('4 signatures valid', self.run_it('verify', *here, '--config', config))
        unknown = self.run_it('verify', *here, '--explain', expected=3)
        self.assertIn('give its secret-file', unknown)
        self.assertIn('hmac-sha256:' + hashlib.blake2b(SECRETS[0], digest_size=32).hexdigest()[:16], unknown)
        exported = self.run_it('export', '--data-dir', self.server.data_dir)
        copy = os.path.join(self.folder, 'copy')
        result = subprocess.run([PROGRAM, 'import', '--data-dir', copy, '--config', config, '--telnyx-public-key', self.server.public_key],
                                input=exported.encode(), capture_output=True, timeout=60, env=support.environment())
        self.assertIn(b'4 kept their provenance', result.stdout, result.stderr)
        self.assertEqual(sorted(self.run_it('export', '--data-dir', copy).splitlines()), sorted(exported.splitlines()))
        for form in ('text', 'html', 'mermaid', 'json'):
            shown = self.run_it('call', 'call-1', '--data-dir', copy, '--config', config, '--format', form)
            self.assertIn('device', shown)
            self.assertNotIn('\x1b[31m', shown)
            self.assertNotIn('phone <b>' if form == 'html' else '\x1b', shown)

    def test_what_cannot_be_is_refused(self):
        secret = os.path.join(self.folder, '0.secret')
        with open(os.path.join(self.folder, 'short.secret'), 'w', encoding='ascii') as file:
            file.write('whsec_c2hvcnQ=')
        for lines, says in (
                (['kind = standard'], 'no secret and no public key'),
                (['kind = standard', f'secret-file = {self.folder}/none'], 'cannot be read'),
                (['kind = standard', f'secret-file = {self.folder}/short.secret'], 'does not hold one secret'),
                (['kind = standard', 'public-key = x'], 'base64 of 32 bytes'),
                (['kind = standard', f'secret-file = {secret}', 'public-url = https://example.org'], 'take public-url out'),
                (['kind = telnyx', f'secret-file = {secret}'], 'public-key, not with secret-file'),
                (['kind = webhooks', f'secret-file = {secret}'], "unknown kind 'webhooks', use telnyx, standard or twilio"),
                ([f'secret-file = {secret}'], "unknown kind ''")):
            config = os.path.join(self.folder, 'bad.ini')
            with open(config, 'w', encoding='ascii') as file:
                file.write('\n'.join(['[source.x]', *lines]) + '\n')
            result = subprocess.run([PROGRAM, 'verify', '--config', config, '--data-dir', self.server.data_dir],
                                    capture_output=True, timeout=60, env=support.environment())
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(says, result.stderr.decode())
            self.assertNotIn('c2hvcnQ', result.stderr.decode())


if __name__ == '__main__':
    unittest.main()
