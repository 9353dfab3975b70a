// What a case asserts. Everything here compares values; a mismatch names what was compared.

export class Mismatch extends Error {}

export const show = (value) =>
  JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner));

// '0.0100' and 0.01 are the same decimal; so are '1e-2' and a client's own number.
function normal(value) {
  let text = String(value);
  if (/e/i.test(text)) text = Number(text).toFixed(12);
  const match = /^(-?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(text);
  if (!match || (match[2] === '' && !/\d/.test(text))) return `not a decimal: ${text}`;
  const [, sign, whole, fraction = ''] = match;
  const digits = `${whole || '0'}${fraction ? `.${fraction}` : ''}`;
  return digits === '0' ? '0' : `${sign}${digits}`;
}

export function equal(actual, expected, what) {
  if (!Object.is(actual, expected))
    throw new Mismatch(`${what}: ${show(actual)}, not ${show(expected)}`);
}

export function decimal(actual, expected, what) {
  if (actual === undefined || actual === null || normal(actual) !== normal(expected))
    throw new Mismatch(`${what}: ${show(actual)}, not the decimal ${expected}`);
}

export function ok(condition, what) {
  if (condition !== true) throw new Mismatch(what);
}

// In a shape: this decimal in any notation, and the value of any of these kinds.
export const dec = (expected) => ({ decimal: String(expected) });
export const kind = (name) => ({ kind: name });
export const pattern = (regexp) => ({ pattern: regexp });

function member(actual, expected, what) {
  if (expected === null || typeof expected !== 'object') return equal(actual, expected, what);
  if ('decimal' in expected) return decimal(actual, expected.decimal, what);
  if ('kind' in expected) return equal(typeof actual, expected.kind, `type of ${what}`);
  if ('pattern' in expected)
    return ok(
      expected.pattern.test(String(actual)),
      `${what}: ${show(actual)} is not ${expected.pattern}`,
    );
  return matches(actual, expected, what);
}

// Every member of `shape` is in `actual` with that value; what else `actual` has is its own affair.
export function matches(actual, shape, what) {
  if (actual === null || typeof actual !== 'object')
    throw new Mismatch(`${what}: ${show(actual)} is not an object`);
  for (const [name, expected] of Object.entries(shape))
    member(actual[name], expected, `${what}.${name}`);
}

// The members are there and not `undefined`, whatever their values.
export function has(actual, names, what) {
  const missing = names.filter((name) => actual?.[name] === undefined);
  if (missing.length > 0) throw new Mismatch(`${what}: ${missing.join(', ')} missing`);
}

export function absent(actual, names, what) {
  const there = names.filter((name) => actual?.[name] !== undefined);
  if (there.length > 0) throw new Mismatch(`${what}: ${there.join(', ')} should not be there`);
}

// The error that a call ends with; a call that succeeds is the failure.
export async function failure(promise, what) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    if (error instanceof Mismatch) throw error;
    return error;
  }
  throw new Mismatch(`${what}: succeeded with ${show(value)}`);
}

// Rejects when the promise has not settled in time. There is no waiting without an end here.
export async function within(promise, ms, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Mismatch(`${what}: nothing after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

// Events as they arrive, read in order. `next` waits for one; `until` collects up to one that fits.
export class Events {
  #events = [];
  #read = 0;
  #wake = () => {};

  push(event) {
    this.#events.push(event);
    this.#wake();
  }

  async next(what, ms = 5000) {
    if (this.#read === this.#events.length)
      await within(new Promise((resolve) => (this.#wake = resolve)), ms, what);
    return this.#events[this.#read++];
  }

  async until(fits, what, ms = 5000) {
    const seen = [];
    const deadline = Date.now() + ms;
    for (;;) {
      const left = Math.max(deadline - Date.now(), 1);
      const event = await this.next(
        `${what} (so far: ${show(seen.map((one) => one.e ?? one))})`,
        left,
      );
      seen.push(event);
      if (fits(event)) return seen;
    }
  }
}
