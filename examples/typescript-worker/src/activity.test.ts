import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ApplicationFailure } from '@temporalio/activity';

import { type Work, activities, errorUnusable } from './activity';
import { Seen } from './seen';

function event(type: string, version: number, accessVersion: number, check?: string, userId = 'user-1'): unknown {
  const data = { userId, stage: 'approved', access: 'granted', accessVersion, version, ...(check === undefined ? {} : { check }) };
  return { type, timestamp: '2026-03-01T12:00:00Z', data };
}

/** Returns a way to tell a worker of events, which answers whether it did its work. */
function worker(seen = new Seen(), work: Work = async () => {}) {
  const lines: string[] = [];
  let done = 0;
  const log = { info: (message: string, fields: Record<string, unknown>) => void lines.push(`${message} ${JSON.stringify(fields)}`) };
  const { OnOnboardingEvent } = activities(seen, log, async (e) => {
    await work(e);
    done++;
  });
  return {
    lines,
    tell: async (input: unknown): Promise<boolean> => {
      const before = done;
      await OnOnboardingEvent(input);
      return done > before;
    },
  };
}

test('each event is handled once, in whatever way it comes again', async () => {
  const { tell } = worker();
  const steps: [name: string, input: unknown, fresh: boolean][] = [
    ['started', event('onboarding.started', 1, 0), true],
    ['started again', event('onboarding.started', 1, 0), false],
    ['a check of the same version', event('check.changed', 1, 0, 'kyc'), true],
    ['another check of it', event('check.changed', 1, 0, 'poa'), true],
    ['the first check again', event('check.changed', 1, 0, 'kyc'), false],
    ['a newer version', event('onboarding.approved', 3, 1), true],
    ['its access, by the other lane', event('access.granted', 3, 1), true],
    ['access again', event('access.granted', 3, 1), false],
    ['access shut', event('access.revoked', 4, 2), true],
    ['an older access', event('access.granted', 3, 1), false],
    ['the rest of an older version', event('onboarding.approved', 3, 1), false],
    ['the rest of the newest', event('onboarding.suspended', 4, 2), true],
    ['from before', event('onboarding.started', 1, 0), false],
    ['of another user', event('onboarding.started', 1, 0, undefined, 'user-2'), true],
  ];
  for (const [name, input, fresh] of steps) {
    assert.equal(await tell(input), fresh, name);
  }
});

test('work that failed is done when the event comes again', async () => {
  let away = true;
  const { tell } = worker(new Seen(), async () => {
    if (away) {
      throw new Error('the database is away');
    }
  });
  await assert.rejects(tell(event('onboarding.started', 1, 0)), /away/);
  away = false;
  assert.equal(await tell(event('onboarding.started', 1, 0)), true);
  assert.equal(await tell(event('onboarding.started', 1, 0)), false);
});

test('what can never be taken is refused for good, and not quoted', async () => {
  const { tell, lines } = worker();
  await assert.rejects(tell({ type: 'onboarding.started', data: { userId: 'user-1' }, timestamp: 'a secret' }), (error) => {
    assert(error instanceof ApplicationFailure);
    assert.equal(error.nonRetryable, true);
    assert.equal(error.type, errorUnusable);
    assert(!error.message.includes('secret'));
    return true;
  });
  assert.deepEqual(lines, []);
});

test('the log names the event, and nothing that is not on the list', async () => {
  const { tell, lines } = worker();
  await tell({ type: 'onboarding.started', timestamp: '2026-03-01T12:00:00Z', name: 'a name', data: {
    userId: 'user-1', stage: 'collecting', access: 'none', accessVersion: 0, version: 1, email: 'user-1@example.com',
  } });
  assert.deepEqual(lines, ['onboarding event {"type":"onboarding.started","user":"user-1","version":1,"stage":"collecting","access":"none","check":""}']);
});

test('who was heard of longest ago is forgotten first', async () => {
  const { tell } = worker(new Seen(2));
  await tell(event('onboarding.started', 1, 0, undefined, 'user-1'));
  await tell(event('onboarding.started', 1, 0, undefined, 'user-2'));
  await tell(event('onboarding.in_review', 2, 0, undefined, 'user-1'));
  await tell(event('onboarding.started', 1, 0, undefined, 'user-3')); // in the place of user-2
  assert.equal(await tell(event('onboarding.in_review', 2, 0, undefined, 'user-1')), false);
  assert.equal(await tell(event('onboarding.started', 1, 0, undefined, 'user-2')), true);
});
