import { running } from './runningApiServer.ts';

/** Jest calls this once, after the last test. */
export default async function stopSharedApiServer(): Promise<void> {
  await running.server?.stop();
}
