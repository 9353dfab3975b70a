// venue-sim as a child process, and its control port.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { within } from './check.mjs';

// One account a subject, so that no case depends on what another left behind.
const accounts = [
  { label: 'main' },
  { label: 'batch' },
  { label: 'fills' },
  { label: 'modes' },
  { label: 'leverage' },
  { label: 'stream' },
  { label: 'changes' },
  { label: 'expiry' },
  { label: 'keys' },
  { label: 'algo' },
  { label: 'errors' },
  { label: 'poor', wallet: '10' },
  { label: 'hedge', position_mode: 'hedge' },
  { label: 'ws' },
  { label: 'ed25519', key_type: 'ed25519' },
  { label: 'logon', key_type: 'ed25519' },
  { label: 'rsa', key_type: 'rsa' },
  { label: 'readonly', permissions: { futures: false } },
];

// Starts a venue and resolves to what it says when it listens.
export async function startVenue(program, { seed }) {
  const directory = await mkdtemp(join(tmpdir(), 'conformance-'));
  const file = join(directory, 'accounts.json');
  await writeFile(file, JSON.stringify({ accounts }));
  const child = spawn(program, ['--dir', directory, '--accounts', file, '--seed', String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let end;
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve((end = String(error))));
    child.once('exit', (code, signal) => resolve((end = `ended with ${code ?? signal}`)));
  });
  const line = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    ended.then((how) => reject(new Error(`${program}: ${how}`)));
  });
  const ready = JSON.parse(await within(line, 30000, `${program}: the line that it listens`));
  return {
    ready,
    // Resolves to how it ended, when it had ended before it was asked to.
    async stop() {
      const early = end;
      child.kill('SIGTERM');
      await within(ended, 10000, `${program}: its end`);
      await rm(directory, { recursive: true, force: true });
      return early;
    },
  };
}

// The control port, and the keys, as a case sees them.
export class Venue {
  #ready;
  #socket;
  #waiting = [];

  constructor(ready) {
    this.#ready = ready;
    const [host, port] = ready.control.split(':');
    this.#socket = connect(Number(port), host);
    createInterface({ input: this.#socket }).on('line', (text) => {
      this.#waiting.shift()?.(JSON.parse(text));
    });
  }

  get rest() {
    return this.#ready.rest;
  }
  get wsApi() {
    return this.#ready.ws_api;
  }
  get streams() {
    return this.#ready.streams;
  }

  key(label) {
    const account = this.#ready.accounts.find((one) => one.label === label);
    if (account === undefined) throw new Error(`no account ${label}`);
    return { apiKey: account.api_key, secret: account.secret ?? account.private_key_pem };
  }

  async control(command, fields = {}) {
    const reply = new Promise((resolve) => this.#waiting.push(resolve));
    this.#socket.write(`${JSON.stringify({ command, ...fields })}\n`);
    const answer = await within(reply, 5000, `the control port's answer to ${command}`);
    if (answer.ok !== true) throw new Error(`control ${command}: ${answer.error}`);
    return answer;
  }

  // What the venue itself has written down of one account.
  async ledger(label) {
    const {
      accounts: [ledger],
    } = await this.control('ledger', { account: label });
    return ledger;
  }

  // Runs with the venue's clock shifted, and puts it back whatever happens.
  async withClock(ms, run) {
    await this.control('clock_offset', { ms });
    try {
      return await run();
    } finally {
      await this.control('clock_offset', { ms: 0 });
    }
  }

  // So many fills for each order on the symbol, or only so much of it, while `run` runs.
  async withLiquidity(symbol, { qty = null, pieces = 1 }, run) {
    await this.control('liquidity', { symbol, qty, pieces });
    try {
      return await run();
    } finally {
      await this.control('liquidity', { symbol, qty: null, pieces: 1 });
    }
  }
}
