import type { OnboardingEvent } from './event';

/** What was handled of one user. */
interface User {
  version: number;
  events: Set<string>; // of that version: type and check
  access: number; // the last access version
}

const none: User = { version: 0, events: new Set(), access: 0 };

/**
 * Seen remembers what was handled, for an event may come more than once: what was done, but whose answer was lost, comes
 * again. Of each user it keeps the events of the last version, and the last access version. A system with a database
 * keeps this there, and writes it in the transaction that does the work.
 */
export class Seen {
  private readonly users = new Map<string, User>();

  /** @param maxUsers bounds what is remembered; a user that was forgotten costs at most one event handled twice */
  constructor(private readonly maxUsers: number = 10_000) {}

  /**
   * Says whether an event was handled before, or overtaken by a later one: a user's events come in the order in which
   * they were decided. Access has an order, and a version, of its own.
   */
  has(event: OnboardingEvent): boolean {
    const user = this.users.get(event.data.userId) ?? none;
    if (opensOrShuts(event)) {
      return event.data.accessVersion <= user.access;
    }
    return event.data.version < user.version || (event.data.version === user.version && user.events.has(name(event)));
  }

  /** Remembers an event that was handled. */
  add(event: OnboardingEvent): void {
    const { userId, version, accessVersion } = event.data;
    const user = this.users.get(userId) ?? { version: 0, events: new Set<string>(), access: 0 };
    this.users.delete(userId); // and to the end: the first in the map is who was heard of longest ago
    this.users.set(userId, user);
    this.makeRoom();
    if (opensOrShuts(event)) {
      user.access = Math.max(user.access, accessVersion);
      return;
    }
    if (version > user.version) {
      user.version = version;
      user.events = new Set();
    }
    if (version === user.version) {
      user.events.add(name(event));
    }
  }

  private makeRoom(): void {
    for (const userId of this.users.keys()) {
      if (this.users.size <= this.maxUsers) {
        return;
      }
      this.users.delete(userId);
    }
  }
}

function opensOrShuts(event: OnboardingEvent): boolean {
  return event.type === 'access.granted' || event.type === 'access.revoked';
}

function name(event: OnboardingEvent): string {
  return `${event.type}:${event.data.check}`;
}
