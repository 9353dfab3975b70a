// What the venue refuses, and with which of ccxt's errors.
import ccxt from 'ccxt';

import { equal, failure, matches, ok, pattern } from '../check.mjs';
import { defined, restingOrder } from '../orders.mjs';
import { symbol, id, isError, rest, market, withResting, withPosition } from './exchange.mjs';

function refusals(of) {
  const errors = of('errors');
  const post = (more) => () => errors.fapiPrivatePostOrder(defined(restingOrder(more)));
  return {
    1022: () => of('errors', { secret: 'not-the-secret' }).fetchBalance(),
    1102: post({ timeInForce: undefined }),
    1111: post({ quantity: '0.0021' }),
    1121: post({ symbol: 'NOSUCHUSDT' }),
    1125: async () => {
      await errors.fapiPrivateDeleteListenKey();
      return errors.fapiPrivatePutListenKey();
    },
    2011: () => errors.cancelOrder('1', symbol),
    2013: () => errors.fetchOrder('1', symbol),
    2014: () => of('errors', { apiKey: 'garbled' }).fetchBalance(),
    2019: () => market(of('poor'), 'buy', 0.01),
    2021: () =>
      errors.createOrder(symbol, 'market', 'buy', 0.002, undefined, { triggerPrice: 59000 }),
    2022: () => market(errors, 'sell', 0.002, { reduceOnly: true }),
    4014: post({ price: '58000.05' }),
    4028: () => errors.fapiPrivatePostLeverage({ symbol: id, leverage: 126 }),
    4046: () => errors.fapiPrivatePostMarginType({ symbol: id, marginType: 'CROSSED' }),
    4059: () => errors.setPositionMode(false, symbol),
    4061: () => market(errors, 'buy', 0.002, { positionSide: 'LONG' }),
    4120: post({ type: 'STOP_MARKET', price: undefined, timeInForce: undefined }),
    4164: () => rest(errors, {}, 0.001, 49000),
    5021: () => rest(errors, { timeInForce: 'FOK' }),
    5022: () => rest(errors, { postOnly: true }, 0.002, 60100),
  };
}

export function errorCases(of, venue) {
  const errors = of('errors');
  const cases = {};
  for (const [code, call] of Object.entries(refusals(of)))
    cases[`error-${code}`] = async () => isError(await failure(call(), `-${code}`), code);
  return {
    ...cases,
    async 'error-1021'() {
      await errors.loadMarkets();
      const ask = () => failure(errors.fetchBalance(), 'a clock a minute off');
      const behind = await venue.withClock(60000, ask);
      isError(behind, 1021);
      ok(behind.message.includes('outside of the recvWindow'), behind.message);
      const ahead = await venue.withClock(-60000, ask);
      isError(ahead, 1021);
      matches(ahead, { message: pattern(/was \d+ms ahead of the server's time/) }, 'error');
      equal(
        (await errors.fetchBalance()).USDT.total,
        100000,
        'the account with the clock right again',
      );
    },
    async 'error-2015'() {
      isError(
        await failure(of('errors', { apiKey: 'A'.repeat(64) }).fetchBalance(), 'an unknown key'),
        2015,
      );
      isError(await failure(rest(of('readonly')), 'no right to trade'), 2015);
      equal((await of('readonly').fetchBalance()).USDT.total, 100000, 'a key that may read');
    },
    'error-4067': async () => {
      await withResting(errors, async () =>
        isError(await failure(errors.setPositionMode(true, symbol), 'open orders'), 4067),
      );
      await withPosition(errors, async () =>
        isError(await failure(errors.setPositionMode(true, symbol), 'a position'), 4068),
      );
    },
    'error-4116': () =>
      withResting(errors, async ({ clientOrderId }) => {
        isError(await failure(rest(errors, { clientOrderId }), 'the same id again'), 4116);
      }),
    'error-5027': () =>
      withResting(errors, async (order) => {
        isError(
          await failure(
            errors.editOrder(order.id, symbol, 'limit', 'buy', 0.002, 58000),
            'the same values',
          ),
          5027,
        );
      }),
    async 'error-429'() {
      await venue.control('reject_next', {
        account: 'errors',
        code: -1003,
        status: 429,
        msg: 'Too many requests.',
      });
      isError(await failure(rest(errors), 'too many'), 1003, ccxt.DDoSProtection);
    },
    async 'error-503'() {
      await venue.control('reject_next', {
        account: 'errors',
        code: -1008,
        status: 503,
        msg: 'Server is currently overloaded.',
      });
      isError(await failure(rest(errors), 'overload'), 1008);
    },
  };
}
