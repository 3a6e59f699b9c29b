import { ApiServer } from './apiServer.ts';
import { installKinds } from './installKinds.ts';
import { running } from './runningApiServer.ts';
import { ACCESS_VARIABLE } from './sharedApiServer.ts';

/** Jest calls this once, before the first test that needs an API server. */
export default async function startSharedApiServer(): Promise<void> {
  const server = await ApiServer.start();
  running.server = server;
  const client = await server.client();
  await installKinds(client);
  await client.close();
  process.env[ACCESS_VARIABLE] = JSON.stringify(server.access);
}
