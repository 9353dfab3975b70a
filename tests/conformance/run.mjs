// Runs the public clients against venue-sim and prints what each of them showed.
//   node run.mjs [--client NAME] [PROGRAM]      PROGRAM or $VENUE_SIM: venue-sim
// Exit codes: 0 everything passed, 1 something failed, 2 wrong usage.
import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { rows } from './rows.mjs';
import { startVenue } from './venue.mjs';

const clients = {
  official: '@binance/derivatives-trading-usds-futures',
  tiagosiebler: 'binance',
  ccxt: 'ccxt',
};
const client_deadline_ms = 120000;
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

function readArguments(args) {
  const wanted = { only: undefined, program: process.env.VENUE_SIM };
  for (let i = 0; i < args.length; ++i) {
    if (args[i] === '--client') wanted.only = args[++i];
    else if (args[i].startsWith('-')) return undefined;
    else wanted.program = args[i];
  }
  if (wanted.program === undefined) return undefined;
  if (wanted.only !== undefined && !(wanted.only in clients)) return undefined;
  return wanted;
}

async function version(name) {
  return JSON.parse(await readFile(here(`node_modules/${clients[name]}/package.json`))).version;
}

// A venue of its own for each client: weights, order counts and prices are not shared.
async function runClient(name, program) {
  const venue = await startVenue(program, { seed: 1 });
  const results = new Map();
  const child = fork(here('client.mjs'), [name], {
    env: {
      ...process.env,
      NODE_EXTRA_CA_CERTS: venue.ready.ca_file,
      CONFORMANCE_VENUE: JSON.stringify(venue.ready),
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  child.on('message', ({ id, ...result }) => results.set(id, result));
  const late = setTimeout(() => child.kill('SIGKILL'), client_deadline_ms);
  let ended = await new Promise((done) =>
    child.once('exit', (code, signal) =>
      done(code === 0 ? undefined : `ended with ${code ?? signal}`),
    ),
  );
  clearTimeout(late);
  const early = await venue.stop();
  if (early !== undefined) ended = `the venue ${early}, ${ended ?? ''}`;
  return { name, results, ended, said };
}

const cell = (result) =>
  result === undefined ? 'NOT RUN' : result.outcome === 'failed' ? 'FAILED' : result.outcome;

function printTable(runs, versions) {
  const titles = runs.map(({ name }) => `${name} ${versions[name]}`);
  const first = Math.max(...rows.map(([, title]) => title.length));
  const widths = titles.map((title) => Math.max(title.length, 'not offered'.length));
  const line = (head, cells) =>
    console.log(
      [head.padEnd(first), ...cells.map((text, i) => text.padEnd(widths[i]))].join('  ').trimEnd(),
    );
  line('', titles);
  for (const [id, title] of rows)
    line(
      title,
      runs.map(({ results }) => cell(results.get(id))),
    );
}

function printReasons(runs) {
  for (const { name, results, ended, said } of runs) {
    const of = (outcome) => rows.filter(([id]) => results.get(id)?.outcome === outcome);
    for (const [id, title] of of('not offered'))
      console.log(`${name}: ${title}: not offered by the client: ${results.get(id).why}`);
    for (const [id, title] of of('failed'))
      console.log(`${name}: ${title}: FAILED: ${results.get(id).why}`);
    if (process.env.CONFORMANCE_VERBOSE)
      for (const [id, { ms = 0 }] of results) console.log(`${name}: ${id}: ${ms.toFixed(0)} ms`);
    if (ended !== undefined) console.log(`${name}: ${ended}\n${said}`);
    else if (process.env.CONFORMANCE_VERBOSE && said !== '') console.log(`${name} said:\n${said}`);
  }
}

const wanted = readArguments(process.argv.slice(2));
if (wanted === undefined) {
  console.error(`usage: node run.mjs [--client ${Object.keys(clients).join('|')}] VENUE_SIM`);
  process.exit(2);
}
const begun = performance.now();
const names = wanted.only === undefined ? Object.keys(clients) : [wanted.only];
const versions = Object.fromEntries(
  await Promise.all(names.map(async (name) => [name, await version(name)])),
);
const runs = await Promise.all(names.map((name) => runClient(name, resolve(wanted.program))));
printTable(runs, versions);
console.log();
printReasons(runs);
const all = runs.flatMap(({ results }) => rows.map(([id]) => cell(results.get(id))));
const count = (what) => all.filter((text) => text === what).length;
const failed = count('FAILED') + count('NOT RUN');
console.log(
  `${count('passed')} passed, ${failed} failed, ${count('not offered')} not offered by the client, ` +
    `${((performance.now() - begun) / 1000).toFixed(1)} s, node ${process.version}`,
);
process.exit(failed === 0 && runs.every(({ ended }) => ended === undefined) ? 0 : 1);
