#!/usr/bin/env python3
"""schemas/rules.schema.json says what the program's reader says of a rule file's structure: both are given the same files,
and the same files with something wrong in every place. rule_files_test.py PROGRAM"""
import copy
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import jsonschema
import yaml

PROGRAM = os.path.abspath(sys.argv.pop(1))
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')


class Loader(yaml.SafeLoader):
    """Scalars as YAML's core schema has them: times are text, yes and no too."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in (('bool', r'true|false', 'tf'), ('null', r'~|null|Null|NULL|', ['~', 'n', 'N', '']),
                            ('int', r'[-+]?[0-9]+', '-+0123456789'),
                            ('float', r'[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?', '-+.0123456789')):
    Loader.add_implicit_resolver(f'tag:yaml.org,2002:{tag}', re.compile(f'(?:{pattern})$'), list(first))


def load(path):
    with open(path, encoding='utf-8') as file:
        return yaml.load(file, Loader)


def paths(*folder):
    folder = os.path.join(ROOT, *folder)
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith('.yaml'))


with open(os.path.join(ROOT, 'schemas', 'rules.schema.json'), encoding='utf-8') as schema_file:
    SCHEMA = json.load(schema_file)
jsonschema.Draft4Validator.check_schema(SCHEMA)
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)
GOOD = paths('tests', 'data', 'rules', 'good')
BAD = paths('tests', 'data', 'rules', 'bad')
# Each rule, and all that can be tuned, alone.
DOCUMENTS = [{'format': 1, 'rules': [rule]} for rule in load(GOOD[0])['rules']] + [load(GOOD[1])]
NAME = re.compile(r'"((?:expect|forbid|at-most|spread|sequence|rate)-[a-z0-9]+)"')  # Of its rules.
PACKS = [path for path in paths('schemas', 'rules') if not path.endswith('catalogue.yaml')]


def places(node, path=()):
    """Every value of a document: (path, value)."""
    yield path, node
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from places(value, path + (key,))


def everywhere():
    for document in DOCUMENTS:
        for path, value in places(document):
            yield document, path, value


def changed(document, path, value):
    document = copy.deepcopy(document)
    if not path:
        return value
    into = document
    for key in path[:-1]:
        into = into[key]
    into[path[-1]] = value
    return document


def written(node):
    """As YAML in one line. What looks like a time or duration stands out of quotes, as people write it."""
    if isinstance(node, dict):
        return '{' + ', '.join(f'{json.dumps(key)}: {written(value)}' for key, value in node.items()) + '}'
    if isinstance(node, list):
        return '[' + ', '.join(map(written, node)) + ']'
    plain = isinstance(node, str) and re.fullmatch(r'([0-9]+(d|h|m|s|ms))+|[0-9-]+T[0-9:]+Z', node)
    return node if plain else json.dumps(node)


def blocks(page):
    with open(os.path.join(ROOT, *page), encoding='utf-8') as file:
        return re.findall(r'^```yaml\n(.*?)^```', file.read(), re.MULTILINE | re.DOTALL)


class RuleFiles(unittest.TestCase):
    def check(self, text):
        """The exit code and what it said."""
        with tempfile.NamedTemporaryFile('w', suffix='.yaml', encoding='utf-8') as file:
            file.write(text)
            file.flush()
            done = subprocess.run([PROGRAM, 'rules', 'check', file.name], capture_output=True, timeout=60, check=False)
        return done.returncode, (done.stdout + done.stderr).decode()

    def refused(self, documents):
        """Each must be; a document is given with what was done to it. One program reads them all, so each has names of its
        own for its rules."""
        with tempfile.TemporaryDirectory() as folder:
            files = {}
            for number, (what, document) in enumerate(documents):
                path = os.path.join(folder, f'{number}.yaml')
                files[path] = what
                with open(path, 'w', encoding='utf-8') as file:
                    file.write(NAME.sub(rf'"\1-{number}"', written(document)))
            done = subprocess.run([PROGRAM, 'rules', 'check', '--json', *files], capture_output=True, timeout=100, check=False)
        self.assertEqual(done.returncode, 2)
        refused = {json.loads(line)['file'] for line in done.stdout.decode().splitlines()}
        self.assertEqual([what for path, what in files.items() if path not in refused], [])

    def test_what_is_written_here_is_right_before_it_is_broken(self):
        for document in DOCUMENTS:
            self.assertEqual(self.check(written(document))[0], 0, document)

    def test_it_takes_what_is_right(self):
        for path in PACKS + GOOD:
            self.assertEqual([error.message for error in VALIDATOR.iter_errors(load(path))], [], path)

    def test_it_refuses_what_is_wrong_in_structure_and_only_that(self):
        for path in BAD:
            name = os.path.basename(path)
            if not name.startswith('yaml-'):
                self.assertEqual(VALIDATOR.is_valid(load(path)), name.startswith('sense-'), name)

    def test_what_it_refuses_the_program_refuses(self):
        broken = []
        for document, path, value in everywhere():
            for wrong in (None, 5, True, 'two words', [], {}, [[]], {'a': 'b'}):
                other = changed(document, path, wrong)
                if wrong != value and not VALIDATOR.is_valid(other):
                    broken.append((f'{path} = {wrong!r}', other))
        self.assertGreater(len(broken), 1500)
        self.refused(broken)

    def test_both_know_the_same_keys(self):
        broken = []
        for document, path, value in everywhere():
            if not isinstance(value, dict):
                continue
            unknown = changed(document, path, {**value, 'unknown': 'x'})
            self.assertFalse(VALIDATOR.is_valid(unknown), path)
            broken.append((f'{path} with an unknown key', unknown))
            for key in value:
                without = changed(document, path, {name: each for name, each in value.items() if name != key})
                if not VALIDATOR.is_valid(without):
                    broken.append((f'{path} without {key}', without))
        self.refused(broken)

    def test_the_examples_of_the_pages_are_good_and_of_every_kind(self):
        examples = blocks(('schemas', 'rules', 'README.md')) + blocks(('README.md',))
        kinds = set()
        for example in examples:
            document = yaml.load(example, Loader)
            self.assertEqual([error.message for error in VALIDATOR.iter_errors(document)], [], example)
            self.assertEqual(self.check(example)[0], 0, self.check(example)[1])
            kinds |= {rule['kind'] for rule in document['rules']}
        self.assertEqual(kinds, {'expect', 'forbid', 'at-most', 'spread', 'sequence', 'rate'})

    def test_the_example_of_the_help_is_good(self):
        said = subprocess.run([PROGRAM, 'rules', '--help'], capture_output=True, timeout=60, check=True).stdout.decode()
        example = re.search(r'^  format: 1\n(  .*\n)+', said, re.MULTILINE)[0]
        self.assertEqual(self.check(example)[0], 0)


class Page(unittest.TestCase):
    def test_its_table_is_the_catalogue(self):
        with open(os.path.join(ROOT, 'schemas', 'rules', 'catalogue.yaml'), encoding='utf-8') as file:
            failures = yaml.safe_load(file)['failures']
        expected = [f'| [{row["id"]}](../../tests/scenarios/{row["id"]}.yaml) | {" ".join(row["how"])} | {row["title"]} | '
                    + (', '.join(f'`{name}`' for name in row['rules']) or '–') + ' |' for row in failures]
        with open(os.path.join(ROOT, 'schemas', 'rules', 'README.md'), encoding='utf-8') as file:
            self.assertEqual([line for line in file.read().splitlines() if line.startswith('| [')], expected)

    def test_it_names_every_word_of_the_language(self):
        with open(os.path.join(ROOT, 'schemas', 'rules', 'README.md'), encoding='utf-8') as file:
            page = file.read()
        for name, definition in SCHEMA['definitions'].items():
            for each in definition.get('properties', {}):
                self.assertIn(each, page, name)
            for word in definition.get('enum', ()):
                self.assertIn(word, page, name)


if __name__ == '__main__':
    unittest.main()
