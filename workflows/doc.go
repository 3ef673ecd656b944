// Package workflows holds the workflow of a user's onboarding: a shell around
// Advance that wakes at the right moment, adopts what Advance decided, keeps the
// lanes of deliveries going and shows where the user stands. It decides nothing
// and carries nothing that matters: a run that is reset, terminated or lost is
// followed by one that begins with Advance and carries on where the row stands.
//
// # Versions
//
// Recorded histories must replay on every later build. What an activity answers
// may change at will. When the shell advances, arms a timer, starts or cancels a
// lane, or ends a run may change behind workflow.GetVersion alone.
//
// So the shell is patched, and the workers are not versioned: any build takes any
// run. Versioned workers, of which Temporal keeps each run with the build that
// began it until it continues as new, were the other way, and were not taken:
//
//   - An approved user's run lasts for months, the user for years. Every build of
//     these months would have to be kept running, and a run that idles learns of a
//     newer one only when something wakes it.
//   - A build replaces another within minutes, process by process, and nothing of
//     the old one is left. Versioned workers get no work before somebody has made
//     their version the current one; where that is forgotten nobody is shut out.
//   - What changes often is not in the shell. The rules, the policy and what
//     activities do hold for every run from the moment a build is up; the shell
//     is small.
//   - Runs that move to the newest build by themselves need the same patches.
//
// A change of the shell goes like this:
//
//  1. It stands behind workflow.GetVersion with a change ID of its own. The answer
//     stays with a run, so a second change needs a second ID.
//  2. make record-histories records the paths anew; a test says when that is due.
//     With each release the recordings get another name, and those of the releases
//     before stay and are replayed on.
//  3. Before the rollout, admit replay-histories of the new build replays the
//     histories of the cluster.
//  4. The old branch goes when no open run is older than the change.
//
// The changes so far, by their IDs:
//
//   - replay-restarts-lane: a lane that backs off is started anew for an older effect
//     that is replayed.
//   - take-in-task: what another team's activity is given is taken from the ledger in
//     the workflow task that schedules the activity. The recordings from v1 on have it.
//
// A build that cannot follow a run blocks it, and does not fail it: its task is
// handed out again until a build takes it that can. This is also what happens
// while old and new processes run side by side and the old one is handed a run in
// which the new one has taken the new way, so a rollout of such a change should be
// short.
package workflows
