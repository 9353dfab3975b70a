// What the venue refuses, and with which error.
import { decimal, failure, pattern } from '../check.mjs';
import { marketOrder, restingOrder, symbol, withPosition, withResting } from '../orders.mjs';

// Orders that the venue refuses, by the code it refuses them with.
function refusals({ rest }) {
  const errors = rest('errors');
  const limit = (more) => () => errors.place(restingOrder(more));
  const market = (more) => () => errors.place(marketOrder(more));
  return {
    1022: [
      () => rest('errors', { secret: 'not-the-secret' }).account(),
      'Signature for this request is not valid.',
    ],
    1102: [
      limit({ timeInForce: undefined }),
      pattern(/^Mandatory parameter 'timeInForce' was not sent/),
    ],
    1111: [limit({ quantity: '0.0021' }), 'Precision is over the maximum defined for this asset.'],
    1121: [limit({ symbol: 'NOSUCHUSDT' }), 'Invalid symbol.'],
    2011: [() => errors.cancel({ symbol, origClientOrderId: 'not-there' }), 'Unknown order sent.'],
    2013: [() => errors.query({ symbol, origClientOrderId: 'not-there' }), 'Order does not exist.'],
    2014: [() => rest('errors', { apiKey: 'garbled' }).account(), 'API-key format invalid.', 401],
    2019: [() => rest('poor').place(marketOrder({ quantity: '0.01' })), 'Margin is insufficient.'],
    2021: [
      () =>
        errors.placeAlgo({
          algoType: 'CONDITIONAL',
          symbol,
          side: 'BUY',
          type: 'STOP_MARKET',
          quantity: '0.002',
          triggerPrice: '59000',
        }),
      'Order would immediately trigger.',
    ],
    2022: [market({ side: 'SELL', reduceOnly: 'true' }), 'ReduceOnly Order is rejected.'],
    4014: [limit({ price: '58000.05' }), 'Price not increased by tick size.'],
    4028: [
      () => errors.setLeverage({ symbol, leverage: 126 }),
      pattern(/^Leverage 126 is not valid/),
    ],
    4046: [
      () => errors.setMarginType({ symbol, marginType: 'CROSSED' }),
      'No need to change margin type.',
    ],
    4059: [() => errors.setMode('false'), 'No need to change position side.'],
    4061: [
      market({ positionSide: 'LONG' }),
      "Order's position side does not match user's setting.",
    ],
    4164: [
      limit({ quantity: '0.001', price: '49000' }),
      pattern(/^Order's notional must be no smaller than 50/),
    ],
    5021: [
      limit({ timeInForce: 'FOK' }),
      'Due to the order could not be filled immediately, the FOK order has been rejected. The order will not be recorded in the order history',
    ],
    5022: [
      limit({ timeInForce: 'GTX', price: '60100' }),
      'Due to the order could not be executed as maker, the Post Only order will be rejected. The order will not be recorded in the order history',
    ],
  };
}

export function errorCases(adapter, venue) {
  const { rest, isError } = adapter;
  const errors = rest('errors');
  const cases = {};
  for (const [code, [call, message, status = 400]] of Object.entries(refusals(adapter)))
    cases[`error-${code}`] = async () => {
      isError(await failure(call(), `-${code}`), { code: -code, status, message });
    };
  return {
    ...cases,
    async 'error-1021'() {
      const ask = async () => failure(errors.account(), 'a clock a minute off');
      isError(await venue.withClock(60000, ask), {
        code: -1021,
        status: 400,
        message: 'Timestamp for this request is outside of the recvWindow.',
      });
      isError(await venue.withClock(-60000, ask), {
        code: -1021,
        status: 400,
        message: pattern(/^Timestamp for this request was \d+ms ahead of the server's time\.$/),
      });
      decimal(
        (await errors.account()).totalWalletBalance,
        100000,
        'the account with the clock right again',
      );
    },
    async 'error-2015'() {
      const message = pattern(/^Invalid API-key, IP, or permissions for action/);
      const unknown = rest('errors', { apiKey: 'A'.repeat(64) });
      isError(await failure(unknown.account(), 'an unknown key'), {
        code: -2015,
        status: 401,
        message,
      });
      isError(await failure(rest('readonly').place(restingOrder()), 'no right to trade'), {
        code: -2015,
        status: 401,
        message,
      });
      decimal((await rest('readonly').account()).totalWalletBalance, 100000, 'a key that may read');
    },
    'error-4067': async () => {
      await withResting(errors, async () => {
        isError(await failure(errors.setMode('true'), 'open orders'), { code: -4067, status: 400 });
      });
      await withPosition(errors, async () => {
        isError(await failure(errors.setMode('true'), 'a position'), { code: -4068, status: 400 });
      });
    },
    'error-4116': () =>
      withResting(errors, async (_, order) => {
        const error = await failure(errors.place(order), 'the same id again');
        isError(error, { code: -4116, status: 400, message: 'ClientOrderId is duplicated.' });
      }),
    async 'error-4120'() {
      for (const type of [
        'STOP',
        'STOP_MARKET',
        'TAKE_PROFIT',
        'TAKE_PROFIT_MARKET',
        'TRAILING_STOP_MARKET',
      ])
        isError(await failure(errors.place(marketOrder({ type })), type), {
          code: -4120,
          status: 400,
        });
    },
    'error-5027': () =>
      withResting(errors, async (_, order) => {
        const same = { symbol, side: 'BUY', quantity: order.quantity, price: order.price };
        const error = await failure(
          errors.modify({ ...same, origClientOrderId: order.newClientOrderId }),
          'the same values',
        );
        isError(error, { code: -5027, status: 400, message: 'No need to modify the order.' });
      }),
    async 'error-429'() {
      const msg = 'Too many requests; current limit is 2400 requests per minute.';
      await venue.control('reject_next', { account: 'errors', code: -1003, status: 429, msg });
      isError(await failure(errors.place(restingOrder()), 'too many'), {
        code: -1003,
        status: 429,
        message: msg,
      });
    },
    async 'error-503'() {
      await venue.control('reject_next', {
        account: 'errors',
        code: -1008,
        status: 503,
        msg: 'Server is currently overloaded.',
      });
      isError(await failure(errors.place(restingOrder()), 'overload'), {
        code: -1008,
        status: 503,
      });
    },
  };
}
