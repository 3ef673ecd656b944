/** What the system that runs onboarding tells; fields that are not read here are left out. */
export interface OnboardingEvent {
  readonly type: string;
  readonly timestamp: string; // when it was decided, RFC 3339
  readonly data: {
    readonly userId: string;
    readonly stage: string;
    readonly access: string;
    readonly accessVersion: number; // only grows; an older one is stale
    readonly version: number; // of the decision; several events may share one
    readonly check: string; // of check.changed and check.reversed, else ""
  };
}

/** Unusable is what is wrong with an event that no repetition mends; its message holds nothing of the event. */
export class Unusable extends Error {}

/**
 * Reads an event out of an activity's input. Fields that are not known are ignored, for the sender's grow by fields.
 * @throws Unusable for what can never be taken
 */
export function parseEvent(input: unknown): OnboardingEvent {
  const event = object(input, 'the event');
  const data = object(event['data'], 'data');
  const timestamp = text(event['timestamp'], 'timestamp');
  if (Number.isNaN(Date.parse(timestamp))) {
    throw new Unusable('timestamp is no time');
  }
  return {
    type: text(event['type'], 'type'),
    timestamp,
    data: {
      userId: text(data['userId'], 'data.userId'),
      stage: text(data['stage'], 'data.stage'),
      access: text(data['access'], 'data.access'),
      accessVersion: count(data['accessVersion'], 'data.accessVersion'),
      version: count(data['version'], 'data.version'),
      check: data['check'] === undefined ? '' : text(data['check'], 'data.check'),
    },
  };
}

function object(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Unusable(`${name} is no object`);
  }
  return value as Record<string, unknown>;
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') {
    throw new Unusable(`${name} is no text, or empty`);
  }
  return value;
}

function count(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new Unusable(`${name} is no whole number`);
  }
  return value;
}
