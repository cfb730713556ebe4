import { resolve } from 'node:path';
import { firstGeneration } from '#infra/local/first-generation';
import { type Platform, startPlatform } from '#infra/local/platform';
import { runFilePath } from '#infra/local/run-file';
import { START_HELP, type StartArguments, startArguments } from '#infra/local/start-arguments';
import { whenAskedToEnd } from '#infra/local/when-asked-to-end';

const askedToEnd = whenAskedToEnd();
process.stdout.on('error', () => {}); // whoever read our output is gone: what we started must still be ended

try {
  const given = startArguments(process.argv.slice(2));
  if (given.help) console.log(START_HELP);
  else await start({ ...given, homeDir: resolve(given.homeDir) });
  process.exit(0);
} catch (error) {
  console.error(`halogen: ${(error as Error).message}`);
  process.exit(1);
}

async function start({ homeDir, port, once }: StartArguments): Promise<void> {
  const interrupted = new AbortController();
  void askedToEnd.then(() => interrupted.abort());
  const platform = await startPlatform({ homeDir, port, signal: interrupted.signal });
  try {
    console.log(`ready: ${runFilePath(homeDir)}`);
    const first = showFirstGeneration(platform, homeDir);
    if (once) return void (await Promise.race([askedToEnd, first]));
    first.catch((error: Error) => console.error(`halogen: ${error.message}`)).then(() => printInvitation(platform));
    await askedToEnd;
  } finally {
    console.log('stopping');
    await platform.stop();
  }
}

async function showFirstGeneration({ run, otlp }: Platform, homeDir: string): Promise<void> {
  console.log('a first generation: a 5 s video through every process');
  const first = await firstGeneration({ api: run.api, key: run.keys.demo, otlp, homeDir });
  console.log(`
Asset    ${first.assetUrl}
         ${first.path}
         ${first.widthPx}×${first.heightPx}, ${first.durationS.toFixed(2)} s, ${first.sizeBytes.toLocaleString('en')} bytes

Ledger   ${first.ledgerLines.join('\n         ')}

Trace
${first.trace}
`);
}

function printInvitation({ run }: Platform): void {
  console.log(`Halogen serves at ${run.api}. Try:

  curl ${run.api}/dream-machine/v1/generations/video \\
    -H 'Authorization: Bearer ${run.keys.demo}' -H 'Content-Type: application/json' \\
    -d '{"model":"ray-2","prompt":"a paper boat on a storm drain","resolution":"540p","duration":"5s"}'

  import { LumaAI } from 'lumaai';
  const client = new LumaAI({ authToken: '${run.keys.demo}', baseURL: '${run.api}/dream-machine/v1' });
  await client.generations.image.create({ model: 'photon-1', prompt: 'a lighthouse at dusk' });

Sign in as the owner of the demo agency, or as one of two operators of the platform:

${Object.values(run.signIn)
  .map(({ url, email, password }) => `  ${email}  ${password}  (POST ${url})`)
  .join('\n')}

Ctrl-C stops it.`);
}
