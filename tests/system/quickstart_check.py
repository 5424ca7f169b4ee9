#!/usr/bin/env python3
"""Runs tools/quickstart as a new user would: to its end, and stopped by Ctrl-C while its server runs."""
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

import support

PROGRAM = os.path.abspath(sys.argv.pop(1))
QUICKSTART = os.path.join(os.path.dirname(PROGRAM), '..', '..', 'tools', 'quickstart')


class Quickstart(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def start(self, *arguments):
        """In a process group of its own, as on a terminal."""
        process = subprocess.Popen([QUICKSTART, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, start_new_session=True, text=True, cwd=self.folder,
                                   env={**support.environment(), 'TMPDIR': self.folder})
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def test_once(self):
        process = self.start('--once')
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, out + err)
        self.assertIn('legs-ring-after-hangup', out)
        self.assertIn('every signature valid', out)
        self.assertRegex(out, r'call \S+: [01] lost, [01] recovered')
        self.assertIn('no findings', out.split('hookledger recover')[-1].lower())
        self.assertRegex(out.splitlines()[-1], r'http://127\.0\.0\.1:[0-9]+')
        self.assertEqual(os.listdir(self.folder), [], 'nothing is left behind')

    def test_ctrl_c(self):
        process = self.start()
        address = None
        for line in process.stdout:
            found = re.search(r'running at http://(\S+)$', line)
            if found:
                address = found[1]
                break
        self.assertIsNotNone(address, 'the last line tells the address')
        self.assertEqual(support.request(address, 'GET', '/readyz').status, 200)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0, out + err)
        with self.assertRaises(OSError):
            support.request(address, 'GET', '/readyz')
        self.assertEqual(os.listdir(self.folder), [], 'nothing is left behind')


if __name__ == '__main__':
    unittest.main()
