#!/usr/bin/env python3
"""Every guarantee has tests by name, and the table of tests/README.md names exactly those that CTest knows.
table_check.py CTEST BUILD_FOLDER README"""
import json
import re
import subprocess
import sys

GUARANTEES = range(1, 12)


def labelled(ctest, build):
    listing = subprocess.run([ctest, '--test-dir', build, '--show-only=json-v1'], check=True, capture_output=True).stdout
    for test in json.loads(listing)['tests']:
        properties = {each['name']: each['value'] for each in test['properties']}
        if 'guarantee' in properties.get('LABELS', []):
            yield test['name']


def main(ctest, build, readme):
    with open(readme, encoding='utf-8') as file:
        rows = re.findall(r'^\| G(\d+) [^|]*\|([^|]*)\|', file.read(), re.MULTILINE)
    table = {int(number): set(re.findall(r'`([^`]+)`', names)) for number, names in rows}
    named, known = set().union(*table.values()), set(labelled(ctest, build))
    problems = [f'G{number} has no row, or no test in it' for number in GUARANTEES if not table.get(number)]
    problems += [f'the table names {name}, which CTest does not know as a guarantee' for name in sorted(named - known)]
    problems += [f'the table does not name {name}' for name in sorted(known - named)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
