#!/usr/bin/env python3
"""The server itself notices that its certificate ends (FM-16): it says so at its start, when the certificate is another and every
day; the shipped rule finds it, and its end with a new one.  certificate_check.py PROGRAM"""
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time

import support
from kafka_support import wait_until

DAY = 24 * 3600


def make_certificate(folder, name, days):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', str(days),
                    '-subj', f'/CN={name}', '-addext', f'subjectAltName=DNS:hooks.example.org,DNS:{name}',
                    '-keyout', os.path.join(folder, 'tls.key'), '-out', os.path.join(folder, 'tls.pem')],
                   check=True, capture_output=True, timeout=30)


def set_clock(path, now):
    with open(path, 'r+b' if os.path.exists(path) else 'wb') as file:
        file.write(struct.pack('<q', int(now * 1_000_000)))


def main(program):
    with tempfile.TemporaryDirectory(prefix='hookledger-certificate-') as folder:
        path = lambda name: os.path.join(folder, name)
        make_certificate(folder, 'old', 10)
        now = time.time()
        set_clock(path('clock'), now)
        with support.Server(program, '--tls-cert', path('tls.pem'), '--tls-key', path('tls.key'), '--clock', path('clock')) as server:

            def findings(status):
                listed = json.loads(server.get(f'/v1/findings?rule=certificate-expires&status={status}').body)['items']
                return [finding['summary'] for finding in listed]

            def records():
                return [json.loads(line) for line in support.run(program, 'export', '--data-dir', server.data_dir).splitlines()]

            wait_until(lambda: findings('open'), 30, 'a finding of the certificate')
            if 'hooks.example.org' not in findings('open')[0]:
                raise AssertionError(findings('open'))
            if [(record['type'], record['source'], record['provenance']) for record in records()] != [
                    ('hookledger.certificate', '/sources/hookledger', 'synthetic')]:
                raise AssertionError(records())
            said = support.run(program, 'verify', '--data-dir', server.data_dir, '--explain').decode()
            if 'it was made up' not in said or 'invalid' in said.replace('0 invalid', ''):
                raise AssertionError(said)

            server.stop()
            server.start()
            wait_until(lambda: findings('open'), 30, 'the finding after a restart')
            if len(records()) != 1:
                raise AssertionError(f'again on the same day: {records()}')

            set_clock(path('clock'), now + DAY)
            wait_until(lambda: len(records()) == 2, 30, 'the record of the next day')
            wait_until(lambda: len(findings('open')) == 1, 30, 'one finding, of the next day')

            make_certificate(folder, 'new', 90)
            set_clock(path('clock'), now + DAY + 60)
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: len(records()) == 3, 30, 'the record of the new certificate')
            wait_until(lambda: not findings('open'), 30, 'the end of the finding')


if __name__ == '__main__':
    main(sys.argv[1])
