import { parseArgs } from 'node:util';

import { log } from '@temporalio/activity';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';

import { activities } from './activity';
import { Seen } from './seen';

/** Polls the task queue until SIGTERM or SIGINT, and then lets what is being done come to its end. */
async function run(taskQueue: string): Promise<void> {
  Runtime.install({ shutdownSignals: ['SIGTERM', 'SIGINT'] });
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = await NativeConnection.connect(connectionOptions);
  try {
    const worker = await Worker.create({
      connection,
      namespace: namespace ?? 'default',
      taskQueue,
      activities: activities(new Seen(), log, async () => {
        // Here the team's own work is done.
      }),
      shutdownGraceTime: '10s',
      shutdownForceTime: '15s',
    });
    await worker.run();
  } finally {
    await connection.close();
  }
}

/** Returns the task queue that the command line names. */
function queueOf(args: string[]): string {
  const { values } = parseArgs({ args, options: { 'task-queue': { type: 'string' } } });
  return values['task-queue'] ?? 'crm';
}

async function main(): Promise<void> {
  await run(queueOf(process.argv.slice(2)));
}

main().catch((error: unknown) => {
  console.error(`onboarding-example-worker: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
