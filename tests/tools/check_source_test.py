#!/usr/bin/env python3
"""Sees each rule of tools/check_source red on a small tree, and the tree itself green."""
import os
import subprocess
import sys
import tempfile
import unittest

CHECK_SOURCE = sys.argv.pop(1)

GOOD = {
    'ARCHITECTURE.md': '| place | alone includes |\n|---|---|\n| `ingest/log`, `schemas/json.cc` | RocksDB |\n',
    'schemas/CMakeLists.txt': 'hookledger_module(schemas SOURCES json.cc sources/telnyx.cc)\n',
    'schemas/json.h': '#pragma once\n\n#include <string>\n',
    'schemas/json.cc': '#include <rocksdb/db.h>\n\n#include "schemas/json.h"\n',
    'schemas/sources/telnyx.cc': '#include <boost/system/result.hpp>\n',
    'tests/CMakeLists.txt': 'hookledger_test(json_test)\n',
    'tests/json_test.cc': '#include <gtest/gtest.h>\n\n#include "schemas/json.h"\n',
    'tests/data/odd.h': 'no newline, a\ttab and a space ',
    'tools/system_clock.h': '#pragma once\n// system_clock::now() belongs here.\n',
    'tools/help.sh': 'echo help\n',
}

# rule, file, text, line of the complaint
BAD = [
    ('end-of-file', 'schemas/json.h', '#pragma once', 1),
    ('tab', 'schemas/json.h', '#pragma once\n\tint x;\n', 2),
    ('trailing-space', 'schemas/json.md', 'a \nb\n', 1),
    ('unfinished', 'schemas/json.h', '#pragma once\n// TO' 'DO: all of it\n', 2),
    ('long-file', 'schemas/json.h', '#pragma once\n' + '\n' * 400, 400),
    ('pragma-once', 'schemas/json.h', '#include <string>\n', 1),
    ('wall-clock', 'schemas/json.h', '#pragma once\nauto t = std::chrono::system_clock::now();\n', 2),
    ('wall-clock', 'tests/json_test.cc', 'std::random_device seed;\n', 1),
    ('wall-clock', 'tests/json_test.cc', 'auto t = time(nullptr);\n', 1),
    ('library', 'schemas/json.h', '#pragma once\n#include <rocksdb/db.h>\n', 2),
    ('library', 'schemas/sources/telnyx.cc', '#include <sodium.h>\n', 1),
    ('library', 'schemas/sources/telnyx.cc', '#include <unheard/of.h>\n', 1),
    ('include-path', 'schemas/json.cc', '#include "json.h"\n', 1),
    ('module-order', 'schemas/json.cc', '#include "ingest/log/event_log.h"\n', 1),
    ('not-built', 'schemas/sources/other.cc', 'int x;\n', 1),
    ('not-built', 'tests/other_test.cc', 'int x;\n', 1),
    ('python', 'tests/broken.py', 'x = 1\ndef\n', 2),
    ('shell', 'tools/help.sh', 'if true\nfi\n', 2),
    ('executable', 'tools/run', '#!/usr/bin/env bash\n', 1),
]


def check(changes):
    with tempfile.TemporaryDirectory() as root:
        for name, text in {**GOOD, **changes}.items():
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
        return subprocess.run([CHECK_SOURCE, '--root', root], capture_output=True, text=True)


class CheckSource(unittest.TestCase):
    def test_good_tree_is_green(self):
        run = check({})
        self.assertEqual((run.returncode, run.stderr), (0, ''), run.stdout)

    def test_each_rule_is_seen_red(self):
        for rule, name, text, line in BAD:
            with self.subTest(rule=rule, file=name):
                run = check({name: text})
                self.assertEqual(run.returncode, 1, run.stdout)
                self.assertIn(f'{name}:{line}: {rule}: ', run.stdout)
                self.assertEqual(len(run.stdout.splitlines()), 2, run.stdout)


if __name__ == '__main__':
    unittest.main()
