#!/usr/bin/env python3
"""schemas/asyncapi.yaml: every reference leads somewhere, every schema is one, every message has examples that fit, and
the headers of a record are the attributes that the API shows of it."""
import base64
import copy
import json
import os
import unittest

import jsonschema
import yaml

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'schemas')


def load(name):
    with open(os.path.join(FOLDER, name), encoding='utf-8') as file:
        return yaml.safe_load(file)


DOCUMENTS = {'': load('asyncapi.yaml'), './openapi.yaml': load('openapi.yaml')}
ASYNC, OPEN = DOCUMENTS.values()
MESSAGES = ASYNC['components']['messages']


def resolve(reference, here=''):
    """(what it leads to, in which document)"""
    document, _, path = reference.partition('#/')
    document = document or here
    found = DOCUMENTS[document]
    for name in path.split('/'):
        found = found[name]
    return found, document


def inlined(node, here=''):
    """Without references: a schema that stands alone."""
    if isinstance(node, list):
        return [inlined(each, here) for each in node]
    if not isinstance(node, dict):
        return node
    if '$ref' in node:
        found, document = resolve(node['$ref'], here)
        rest = {name: value for name, value in node.items() if name != '$ref'}
        return {**inlined(found, document), **inlined(rest, here)}
    return {name: inlined(value, here) for name, value in node.items()}


def validator(schema):
    schema = inlined(schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


class AsyncApi(unittest.TestCase):
    def test_every_reference_leads_somewhere(self):
        self.assertTrue(inlined(copy.deepcopy(ASYNC)))
        self.assertEqual(ASYNC['asyncapi'], '3.0.0')
        for operation in ASYNC['operations'].values():
            self.assertIn(operation['action'], ('send', 'receive'))
            self.assertIn(resolve(operation['channel']['$ref'])[0], ASYNC['channels'].values())

    def test_every_message_has_examples_that_fit_and_others_that_do_not(self):
        for name, message in MESSAGES.items():
            self.assertTrue(message['examples'], name)
            validator(message['bindings']['kafka']['key'])
            for part in ('headers', 'payload'):
                checked = validator(message.get(part, {}))
                for example in message['examples']:
                    if part not in message:
                        continue
                    if checked.schema.get('additionalProperties') is False:
                        self.assertEqual(set(checked.schema['required']), set(checked.schema['properties']), name)
                    self.assertEqual([error.message for error in checked.iter_errors(example[part])], [], name)
                    for required in checked.schema.get('required', ()):
                        broken = {key: value for key, value in example[part].items() if key != required}
                        self.assertFalse(checked.is_valid(broken), f'{name} without {required}')

    def test_headers_are_the_attributes_of_a_record(self):
        attributes = set(OPEN['components']['schemas']['Record']['properties'])
        headers = {'ce_' + name for name in attributes - {'datacontenttype', 'data_base64', 'partition', 'offset'}}
        self.assertEqual(set(ASYNC['components']['schemas']['RecordHeaders']['properties']), headers | {'content-type'})

    def test_a_key_is_32_bytes(self):
        example = MESSAGES['Key']['examples'][0]['payload']
        self.assertEqual(len(base64.b64decode(example, validate=True)), 32)
        self.assertFalse(validator(MESSAGES['Key']['payload']).is_valid(example[4:]))

    def test_topics_are_the_family_of_the_events(self):
        self.assertEqual([channel['address'] for channel in ASYNC['channels'].values()],
                         ['hookledger.' + name for name in ('events', 'calls', 'findings', 'keys', 'owners')])

    def test_what_stands_here_is_json_too(self):
        json.dumps(ASYNC)


if __name__ == '__main__':
    unittest.main()
