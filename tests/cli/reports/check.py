#!/usr/bin/python3
"""Reads a report of ttlog collect as its server does, and fails where that would take it for something else than it is.
Usage: check.py FORMAT FILE. Prints a line for each group: its place, its title as a reader sees it."""
import html.parser
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree

here = os.path.dirname(os.path.abspath(__file__))
kind, path = sys.argv[1:]
raw = open(path, 'rb').read()
text = raw.decode('utf-8')  # any report is UTF-8


def fail(why):
    sys.exit(f'{kind}: {why}')


def check_characters(text, but='\n'):
    for c in text:
        if (ord(c) < 0x20 and c not in but) or 0x7f <= ord(c) <= 0x9f or c in '\u202e\u2066\u200f':
            fail(f'control character {c!r} in {text!r}')


check_characters(text)


def markdown():
    # The runner looks for commands in a log; a line that begins as one, or holds an older one, would be carried out.
    for line in text.split('\n'):
        if line.strip().startswith('::') or '##[' in line:
            fail(f'a workflow command: {line}')
    page = subprocess.run(['cmark-gfm', '--unsafe', '-e', 'table', '-e', 'autolink', '-e', 'strikethrough', '-e', 'tasklist'], input=raw,
                          stdout=subprocess.PIPE, check=True).stdout.decode()
    allowed = 'h3 table thead tbody tr th td code details summary pre p ul li strong'.split()
    rows = Elements(page, allowed).rows
    for row in rows[1:]:
        print(row[3], row[2])


def plain_text():
    titles = []
    for line in text.split('\n'):
        if line.strip().startswith('::') or '##[' in line:
            fail(f'a workflow command: {line}')
        title = re.match(r'[0-9]+ times?(?:, new)?: (.*)', line)
        place = re.match(r'  .*, (\S.*:[0-9]+)(?:, first .{19}, last|,) .{19} \(UTC\)$', line)
        if title:
            titles.append(title[1])
        elif place:
            print(place[1], titles[-1])


class Elements(html.parser.HTMLParser):
    """Nothing but these elements; the cells of its tables."""

    def __init__(self, page, allowed):
        super().__init__()
        self.allowed, self.rows, self.open = allowed, [], 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag not in self.allowed:
            fail(f'element {tag} {attrs}')
        for name, value in attrs:
            if name == 'href' and not os.path.exists(os.path.join(os.path.dirname(path), value)):
                fail(f'no page {value}')
            if name.startswith('on') or (name == 'href' and not re.fullmatch(r'group-[0-9a-f-]+\.html', value)):
                fail(f'attribute {name} {value}')
        if tag == 'tr':
            self.rows.append([])
        elif tag in ('td', 'th'):
            self.rows[-1].append('')

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip('\n')


def github():
    for line in text.split('\n')[:-1]:
        command = re.fullmatch(r'::(error|warning) ([^\r]*?)::(.*)', line)
        if not command:
            fail(f'no command: {line}')
        properties = dict(one.split('=', 1) for one in command[2].split(','))
        if set(properties) - {'file', 'line', 'title'}:
            fail(f'properties {properties}')

        def plain(value):
            return re.sub('%([0-9A-F]{2})', lambda m: chr(int(m[1], 16)), value)
        message = plain(command[3])
        check_characters(message)
        print(f"{command[1]} {plain(properties.get('file', '-'))}:{properties.get('line', '-')} {plain(properties['title'])}")


def gitlab():
    known = set()
    for one in json.loads(text):
        if set(one) != {'description', 'check_name', 'fingerprint', 'severity', 'location'}:
            fail(f'keys {one}')
        if one['severity'] not in ('info', 'minor', 'major', 'critical', 'blocker') or one['fingerprint'] in known:
            fail(f'values {one}')
        known.add(one['fingerprint'])
        place = one['location']
        if place['path'].startswith(('/', './')) or not place['path'] or type(place['lines']['begin']) is not int or place['lines']['begin'] < 1:
            fail(f'location {place}')
        check_characters(one['description'])
        print(f"{place['path']}:{place['lines']['begin']} {one['description']}")


def junit():
    subprocess.run(['xmllint', '--noout', '--nonet', '--schema', os.path.join(here, 'junit.xsd'), path], check=True, stderr=subprocess.PIPE)
    for suite in xml.etree.ElementTree.fromstring(text):
        cases = suite.findall('testcase')
        if int(suite.get('tests')) != len(cases) or int(suite.get('failures')) != len(suite.findall('testcase/failure')):
            fail(f"counts of {suite.get('name')}")
        if int(suite.get('errors')) != len(suite.findall('testcase/error')):
            fail(f"errors of {suite.get('name')}")
        for case in cases:
            problem = case[0]
            print(problem.tag, problem.get('type'), case.get('name'), '|', problem.get('message'))


def report_json():
    report = json.loads(text)
    if sum(group['count'] for group in report['groups']) > report['deaths']:
        fail('counts')
    for group in report['groups']:
        if group['count'] != len(group['snapshots']):
            fail(f"snapshots of {group['title']}")
        print(f"{group.get('file', '-')}:{group.get('line', '-')} {group['title']}")


def sarif():
    import jsonschema
    log = json.loads(text)
    jsonschema.validate(log, json.load(open(os.path.join(here, 'sarif.json'))))
    for result in log['runs'][0]['results']:
        check_characters(result['message']['text'])
        place = result['locations'][0]['physicalLocation'] if result['locations'] else None
        print((f"{place['artifactLocation']['uri']}:{place['region']['startLine']}" if place else '-'), result['message']['text'].replace('\n', ' '))


def page():
    allowed = 'html head meta title style body h1 table thead tbody tr th td code a b p'.split()
    for row in Elements(text, allowed).rows[1:]:
        print(row[3], row[2])


{'text': plain_text, 'markdown': markdown, 'github': github, 'gitlab': gitlab, 'junit': junit, 'json': report_json, 'sarif': sarif, 'html': page}[kind]()
