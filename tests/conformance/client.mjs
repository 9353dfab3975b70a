// One client's cases, in a process of its own: the CA is read from NODE_EXTRA_CA_CERTS at the
// start. Reports each result to its parent, which prints.
import { webcrypto } from 'node:crypto';

import { Mismatch, show, within } from './check.mjs';
import { rows } from './rows.mjs';
import { Venue } from './venue.mjs';

const case_deadline_ms = 15000;

// Node 18 has the Web Crypto API, but not yet as a global.
globalThis.crypto ??= webcrypto;

function explain(error) {
  if (error instanceof Mismatch) return error.message;
  if (error instanceof TypeError || error instanceof ReferenceError) return error.stack;
  const { name, message, code, statusCode, body, error: inner } = error;
  return show({ name, message, code, statusCode, body, error: inner });
}

// A promise of a client that nobody waits for and that fails is a failure of the case that runs.
const loose = [];
process.on('unhandledRejection', (error) => loose.push(error));

async function runCase(test) {
  const begun = performance.now();
  loose.length = 0;
  try {
    await within(test(), case_deadline_ms, 'the case');
    if (loose.length > 0) throw new Mismatch(`left behind: ${explain(loose[0])}`);
    return { outcome: 'passed', ms: performance.now() - begun };
  } catch (error) {
    return { outcome: 'failed', why: explain(error), ms: performance.now() - begun };
  }
}

const { open } = await import(`./cases/${process.argv[2]}.mjs`);
const cases = open(new Venue(JSON.parse(process.env.CONFORMANCE_VENUE)));
const unknown = Object.keys(cases).filter((id) => !rows.some(([row]) => row === id));
if (unknown.length > 0) throw new Error(`no such row: ${unknown.join(', ')}`);
for (const [id] of rows) {
  const test = cases[id];
  let result = { outcome: 'failed', why: 'the client has no case for this row' };
  if (typeof test === 'function') result = await runCase(test);
  else if (test?.notOffered) result = { outcome: 'not offered', why: test.notOffered };
  await new Promise((sent) => process.send({ id, ...result }, sent));
}
// What the clients keep alive (timers, sockets) ends with the process.
process.exit(0);
