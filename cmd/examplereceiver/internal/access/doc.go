// Package access is what a system that lets users in might be made of: it takes
// signed hooks that open and shut access, keeps the newest word on each user, and
// tells what it holds. It shares no code with Admit: what it reads is the documented
// JSON, and the signature is checked by the public Standard Webhooks library.
//
// Hooks come at least once and, because they are retried, in any order. Each
// carries an access version that only grows, so one rule is enough: what is not
// newer than what is held is dropped. It needs no memory of webhook-ids.
package access
