import { ApplicationFailure } from '@temporalio/activity';

import { type OnboardingEvent, Unusable, parseEvent } from './event';
import type { Seen } from './seen';

/** The type of the failure for what will never be taken: the sender counts it as a definite no. */
export const errorUnusable = 'Unusable';

/** Where the activity writes what it did: constant messages, and fields without personal data. */
export interface Log {
  info(message: string, fields: Record<string, unknown>): void;
}

/** What a team does with an event. What it throws is tried again by the sender, later and later. */
export type Work = (event: OnboardingEvent) => Promise<void>;

/** The activities by the names under which they are registered, and which the sender's configuration gives. */
export interface Activities {
  OnOnboardingEvent(input: unknown): Promise<void>;
}

/** Returns the activities of a worker that does the work of each event once. They are called with one attempt. */
export function activities(seen: Seen, log: Log, work: Work): Activities {
  return {
    async OnOnboardingEvent(input: unknown): Promise<void> {
      const event = parse(input);
      const fields = { type: event.type, user: event.data.userId, version: event.data.version };
      if (seen.has(event)) {
        log.info('event seen before, or overtaken', fields);
        return;
      }
      await work(event);
      // Only now: work that failed is to be done when the event comes again.
      seen.add(event);
      log.info('onboarding event', { ...fields, stage: event.data.stage, access: event.data.access, check: event.data.check });
    },
  };
}

function parse(input: unknown): OnboardingEvent {
  try {
    return parseEvent(input);
  } catch (error) {
    if (error instanceof Unusable) {
      throw ApplicationFailure.nonRetryable(error.message, errorUnusable);
    }
    throw error;
  }
}
