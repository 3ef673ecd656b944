import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Unusable, parseEvent } from './event';

const data = { userId: 'user-1', stage: 'approved', access: 'granted', accessVersion: 1, version: 5, checks: { kyc: 'passed' } };
const event = { type: 'onboarding.approved', timestamp: '2026-03-01T12:00:00Z', data };

test('an event is read, whatever it holds besides', () => {
  const read = parseEvent({ ...event, later: true, data: { ...data, later: { a: 1 } } });
  assert.deepEqual(read, {
    type: 'onboarding.approved',
    timestamp: '2026-03-01T12:00:00Z',
    data: { userId: 'user-1', stage: 'approved', access: 'granted', accessVersion: 1, version: 5, check: '' },
  });
});

test('a check is named where there is one', () => {
  assert.equal(parseEvent({ ...event, data: { ...data, check: 'kyc' } }).data.check, 'kyc');
});

test('what can never be taken is unusable', async (t) => {
  const cases: Record<string, unknown> = {
    nothing: undefined,
    null: null,
    'a list': [event],
    'a text': 'onboarding.approved',
    'no type': { ...event, type: undefined },
    'an empty type': { ...event, type: '' },
    'no data': { ...event, data: undefined },
    'no time': { ...event, timestamp: 'yesterday' },
    'no user': { ...event, data: { ...data, userId: undefined } },
    'a user that is no text': { ...event, data: { ...data, userId: 7 } },
    'no version': { ...event, data: { ...data, version: undefined } },
    'a version below zero': { ...event, data: { ...data, version: -1 } },
    'a version in text': { ...event, data: { ...data, accessVersion: '1' } },
    'a version that is not whole': { ...event, data: { ...data, version: 1.5 } },
    'a check that is no text': { ...event, data: { ...data, check: {} } },
  };
  for (const [name, input] of Object.entries(cases)) {
    await t.test(name, () => {
      assert.throws(() => parseEvent(input), Unusable);
    });
  }
});
