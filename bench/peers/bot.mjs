// What one would write without copyd: a leader's fills become market orders of the followers, with
// a public client library as it comes.
//   node bot.mjs official|binance|ccxt ws|rest WHERE     WHERE: JSON, see bench/fill_to_wire
// Prints "ready" when it is connected. The CA is read from NODE_EXTRA_CA_CERTS.
import { webcrypto } from 'node:crypto';

// Node 18 has the Web Crypto API, but not yet as a global.
globalThis.crypto ??= webcrypto;

const [client, way, where] = process.argv.slice(2);
const { connect } = await import(`./${client}.mjs`);
const venue = JSON.parse(where);

// The venue checks no signature; libraries want to make one all the same.
const credentials = (apiKey) => ({
  apiKey,
  secret: '2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9',
});

const fail = (error) => {
  console.error(error);
  process.exit(1);
};
process.on('unhandledRejection', fail);

try {
  const copier = await connect({
    ...venue,
    way,
    leader: credentials(venue.leader),
    followers: venue.followers.map(credentials),
  });
  await copier.listen((side, quantity) => {
    for (const place of copier.places) place(side, quantity).catch(fail);
  });
  console.log('ready');
} catch (error) {
  console.log(`${error?.message ?? error}`.split('\n')[0]);
  fail(error);
}
