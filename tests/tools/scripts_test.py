#!/usr/bin/env python3
"""The scripts of tools/, in a copy of the folder whose path has a space, with stand-ins for the commands they call."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

TOOLS = os.path.abspath(sys.argv.pop(1))
SCRIPTS = ('quickstart', 'test', 'test_sanitized', 'bench', 'lint', 'install_packages', 'kafka')

INSTALLED = 'for name; do case $name in -*|*{*) ;; *) echo "installed $name" ;; esac; done'
MISSING_NINJA = INSTALLED.replace('-*|', '-*|ninja-build|')


class Scripts(unittest.TestCase):
    def setUp(self):
        self.root = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), 'a checkout')
        shutil.copytree(TOOLS, os.path.join(self.root, 'tools'))
        os.mkdir(os.path.join(self.root, 'bin'))
        self.stand_in('dpkg-query', INSTALLED)
        self.stand_in('cmake', 'mkdir -p build/$2; touch build/$2/build.ninja')
        self.stand_in('ninja', 'echo "[1/1] Linking"')
        self.stand_in('apt-get', 'exit 1')
        self.stand_in('sudo', 'shift; "$@"')
        self.stand_in('mvn', 'true')

    def stand_in(self, name, script):
        """A command that does this and notes how it was called."""
        path = os.path.join(self.root, 'bin', name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(f'#!/bin/bash\necho "{name} $*" >>"{self.root}/calls"\n{script}\n')
        os.chmod(path, 0o755)

    def run_script(self, name, *arguments):
        environment = {**os.environ, 'XDG_CACHE_HOME': os.path.join(self.root, 'cache'),
                       'PATH': os.path.join(self.root, 'bin') + ':' + os.environ['PATH']}
        run = subprocess.run([os.path.join(self.root, 'tools', name), *arguments], capture_output=True, text=True, cwd='/',
                             env=environment)
        calls = []
        if os.path.exists(os.path.join(self.root, 'calls')):
            with open(os.path.join(self.root, 'calls'), encoding='utf-8') as file:
                calls = file.read().splitlines()
        return run, calls

    def test_help_says_what_it_does_and_does_nothing(self):
        for name in SCRIPTS:
            with self.subTest(name):
                run, calls = self.run_script(name, '--help')
                self.assertEqual((run.returncode, run.stderr, calls), (0, '', []))
                self.assertTrue(run.stdout.startswith(f'usage: tools/{name}'), run.stdout)

    def test_unknown_arguments_are_refused(self):
        for name in ('quickstart', 'test', 'test_sanitized'):
            with self.subTest(name):
                run, calls = self.run_script(name, '--frobnicate')
                self.assertEqual((run.returncode, calls), (2, []))
                self.assertEqual(len(run.stderr.splitlines()), 1)

    def test_nothing_is_installed_twice(self):
        run, calls = self.run_script('install_packages')
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, '', ''))
        self.assertEqual([call.split()[0] for call in calls], ['dpkg-query'])

    def test_only_what_is_missing_is_installed(self):
        self.stand_in('dpkg-query', MISSING_NINJA)
        self.stand_in('apt-get', 'true')
        run, calls = self.run_script('install_packages')
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertRegex(calls[-1], r'apt-get .* install -y --no-install-recommends ninja-build$')

    def test_a_failed_installation_is_told_in_one_line(self):
        self.stand_in('dpkg-query', MISSING_NINJA)
        self.stand_in('apt-get', 'echo "E: no network" >&2; exit 100')
        run, _ = self.run_script('install_packages')
        self.assertEqual((run.returncode, run.stderr), (1, 'install_packages: apt-get update failed: E: no network\n'))

    def test_a_failed_configuration_leaves_its_log_behind(self):
        self.stand_in('cmake', 'echo "no such compiler"; exit 1')
        run, _ = self.run_script('quickstart', '--once')
        self.assertEqual(run.returncode, 1)
        log = os.path.join(self.root, 'build', 'release', 'configure.log')
        self.assertEqual(run.stderr, f'quickstart: cmake failed; read {log}, or remove {os.path.dirname(log)} and run again\n')
        with open(log, encoding='utf-8') as file:
            self.assertEqual(file.read(), 'no such compiler\n')

    def test_a_failed_build_is_shown_and_told(self):
        self.stand_in('ninja', 'echo "[1/1] Compiling"; echo "FAILED: a.cc"; exit 1')
        run, _ = self.run_script('test', '--quick')
        self.assertEqual(run.returncode, 1)
        self.assertIn('FAILED: a.cc\n', run.stdout)
        self.assertEqual(run.stderr, "test: the build of release failed; the compiler's message stands above\n")

    def test_the_last_line_is_the_summary(self):
        for status, summary in ((0, '100% tests passed, 0 tests failed out of 3'),
                                (8, '67% tests passed, 1 tests failed out of 3')):
            self.stand_in('ctest', f'printf "{summary.replace("%", "%%")}\\nTotal\\n" | tee "${{@: -1}}"; exit {status}')
            run, calls = self.run_script('test')
            self.assertEqual(run.returncode, 1 if status else 0)
            self.assertEqual(run.stdout.splitlines()[-1], summary)
            self.assertEqual([call for call in calls if call.startswith('cmake')],
                             ['cmake --preset release', 'cmake --preset dev', 'cmake --preset tsan'])

    def test_quick_leaves_out_what_takes_minutes(self):
        self.stand_in('ctest', 'echo "100% tests passed" >"${@: -1}"')
        run, calls = self.run_script('test', '--quick')
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual([call for call in calls if call.startswith('cmake')], ['cmake --preset release'])
        self.assertIn('--label-exclude ^(slow|kafka)$', calls[-1])


if __name__ == '__main__':
    unittest.main()
