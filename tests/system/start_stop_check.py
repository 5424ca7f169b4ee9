#!/usr/bin/env python3
"""What serve and sink refuse before anything is made, with which exit and sentence; and that the end comes within the
drain timeout, whatever peers do.  start_stop_check.py PROGRAM"""
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import support

PROGRAM = os.path.abspath(sys.argv.pop(1))


class StartUp(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.data = self.path('data')

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(text)
        return self.path(name)

    def run_server(self, *arguments, command='serve', variables=None):
        return subprocess.run([PROGRAM, command, '--data-dir', self.data, *arguments], capture_output=True, text=True,
                              timeout=20, env={**support.environment(), **(variables or {})})

    def refused(self, *arguments, says=(), exits=2, **how):
        """With one sentence, before anything is made."""
        run = self.run_server(*arguments, **how)
        self.assertEqual((run.returncode, run.stdout), (exits, ''), f'{arguments}: {run.stderr}')
        self.assertEqual(run.stderr.count('\n'), 1, run.stderr)
        for words in says:
            self.assertIn(words, run.stderr)
        if exits == 2:
            self.assertFalse(os.path.exists(self.data), f'{arguments} left a data dir')
        return run.stderr

    def test_addresses_that_are_none(self):
        for option in ('--listen', '--api-listen'):
            for address in ('foo:80', 'localhost:0', '256.0.0.1:0', '::1:0', '*:0', '127.0.0.1', '127.0.0.1:65536', ':0', ''):
                self.refused('--telnyx-public-key', self.key(), option, address, says=[f"{option} '{address}': give ADDR:PORT"])

    def key(self):
        if not os.path.exists(self.path('k.pub')):
            support.run(PROGRAM, 'keygen', '--out', self.path('k'))
        with open(self.path('k.pub'), encoding='ascii') as file:
            return file.read().strip()

    def test_addresses_that_cannot_be_had_end_with_1(self):
        with socket.socket() as taken:
            taken.bind(('127.0.0.1', 0))
            taken.listen()
            address = f'127.0.0.1:{taken.getsockname()[1]}'
            for option, other in (('--listen', '--api-listen'), ('--api-listen', '--listen')):
                for wanted, words in ((address, 'in use'), ('192.0.2.1:0', 'cannot listen on 192.0.2.1:0')):
                    said = self.run_server('--telnyx-public-key', self.key(), option, wanted, other, '127.0.0.1:0')
                    self.assertEqual(said.returncode, 1, said.stderr)
                    self.assertIn(f'{option}: ', said.stderr)
                    self.assertIn(words, said.stderr)

    def make_certificate(self, name):
        key, certificate = self.path(name + '.key'), self.path(name + '.pem')
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
                        '-subj', '/CN=' + name, '-keyout', key, '-out', certificate], check=True, capture_output=True)
        return certificate, key

    def test_tls_files_that_cannot_be_used(self):
        certificate, key = self.make_certificate('mine')
        _, another = self.make_certificate('other')
        encrypted = self.path('encrypted.key')
        subprocess.run(['openssl', 'pkey', '-in', key, '-aes256', '-passout', 'pass:secret', '-out', encrypted], check=True)
        rsa = self.path('rsa.key')
        subprocess.run(['openssl', 'genrsa', '-out', rsa, '2048'], check=True, capture_output=True)
        text, empty = self.write('text', 'no PEM\n'), self.write('empty', '')
        for cert_file, key_file, option, file, reason in (
                (self.path('none'), key, '--tls-cert', self.path('none'), 'there is no such file'),
                (certificate, self.path('none'), '--tls-key', self.path('none'), 'there is no such file'),
                (text, key, '--tls-cert', text, 'it holds no PEM certificate'),
                (key, key, '--tls-cert', key, 'it holds no PEM certificate'),
                (certificate, text, '--tls-key', text, 'it holds no PEM private key'),
                (certificate, certificate, '--tls-key', certificate, 'it holds no PEM private key'),
                (certificate, empty, '--tls-key', empty, 'it is empty'),
                (self.folder, key, '--tls-cert', self.folder, 'it cannot be read: Is a directory'),
                (certificate, another, '--tls-key', another, f'it is not the key of the certificate in {certificate}'),
                (certificate, rsa, '--tls-key', rsa, f'it is not the key of the certificate in {certificate}'),
                (certificate, encrypted, '--tls-key', encrypted, 'it is encrypted')):
            said = self.refused('--telnyx-public-key', self.key(), '--tls-cert', cert_file, '--tls-key', key_file,
                                says=[f'{option} {file}: {reason}'])
            self.assertNotIn('--listen', said)

    def test_a_sink_says_that_it_removes_nothing(self):
        reason = ['--retention and --retention-bytes are for serve']
        for name, value in (('retention', '30d'), ('retention-bytes', '20GiB')):
            key = ('--telnyx-public-key', self.key())
            self.refused(*key, f'--{name}', value, command='sink', says=reason)
            variable = 'HOOKLEDGER_' + name.upper().replace('-', '_')
            self.refused(*key, command='sink', variables={variable: value}, says=reason)
            self.refused(*key, '--config', self.write('sink.ini', f'{name} = {value}\n'), command='sink', says=reason)

    def test_an_empty_variable_does_not_hide_the_keys_of_the_config_file(self):
        config = self.write('keys.ini', f'telnyx-public-key = {self.key()}\n')
        self.refused(variables={'HOOKLEDGER_TELNYX_PUBLIC_KEY': ''}, says=['no source'])
        # Taken as it stands: what is wrong is something else.
        for value in ('', ' '):
            self.refused('--config', config, '--partitions', '0', variables={'HOOKLEDGER_TELNYX_PUBLIC_KEY': value},
                         says=['--partitions'])

    def test_bodies_may_have_64_mebibytes_and_no_more(self):
        for size in ('64MiB', '67108864'):
            self.refused('--telnyx-public-key', self.key(), '--max-body', size, '--partitions', '0', says=['--partitions'])
        for size in ('65MiB', '67108865', '0', '-1'):
            self.refused('--telnyx-public-key', self.key(), '--max-body', size, says=['--max-body'])


class Stop(unittest.TestCase):
    def stop(self, drain, *sent, wait_for_answer=False):
        """Seconds from SIGTERM to the end, with a connection for each of `sent`, all kept open."""
        with support.Server(PROGRAM, '--drain-timeout', drain) as server:
            host, port = server.webhooks.rsplit(':', 1)
            peers = []
            for data in sent:
                peers.append(self.enterContext(socket.create_connection((host, int(port)), timeout=10)))
                peers[-1].sendall(data)
                if wait_for_answer:
                    self.assertTrue(peers[-1].recv(4096).startswith(b'HTTP/1.1 4'))
            time.sleep(0.2)
            began = time.monotonic()
            self.assertEqual(server.stop(), 0, server.log())
            took = time.monotonic() - began
            if not wait_for_answer:
                for peer in peers:
                    self.assertIn(b' 503 ', peer.recv(4096).partition(b'\r\n')[0])
            return took

    def test_whatever_is_half_sent_it_ends_in_time(self):
        half = b'POST /webhooks/telnyx HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"half'
        self.assertLess(self.stop('1s', half, half[:20]), 1)
        self.assertLess(self.stop('3s', half), 3)

    def test_a_peer_that_stays_after_its_answer_delays_nothing(self):
        self.assertLess(self.stop('10s', b'GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', wait_for_answer=True), 1.5)


if __name__ == '__main__':
    unittest.main()
