// What orders left behind, conditional orders, limits, and the kinds of keys.
import { equal, matches, ok } from '../check.mjs';
import { newId } from '../orders.mjs';
import { symbol, id, rest, market, withResting, withPosition, openLimit } from './exchange.mjs';

export function tradeCases(of, venue) {
  const fills = of('fills');
  return {
    positions: () =>
      withPosition(fills, async () => {
        await venue.control('price', { symbol: id, price: '60500' });
        try {
          const positions = await fills.fetchPositions([symbol]);
          equal(positions.length, 1, 'positions');
          matches(
            positions[0],
            {
              symbol,
              side: 'long',
              contracts: 0.002,
              entryPrice: 60000,
              markPrice: 60500,
              unrealizedPnl: 1,
              notional: 121,
              hedged: false,
            },
            'position',
          );
        } finally {
          await venue.control('price', { symbol: id, price: '60000' });
        }
      }),
    'user-trades': () =>
      withPosition(fills, async (order) => {
        const trades = (await fills.fetchMyTrades(symbol)).filter(
          (trade) => trade.order === order.id,
        );
        equal(trades.length, 1, 'trades of the order');
        matches(
          trades[0],
          {
            symbol,
            side: 'buy',
            price: 60000,
            amount: 0.002,
            cost: 120,
            takerOrMaker: 'taker',
            fee: { cost: 0.06, currency: 'USDT' },
          },
          'trade',
        );
      }),
    'all-orders': () =>
      withPosition(fills, async (order) => {
        const orders = await fills.fetchOrders(symbol);
        const mine = orders.find((one) => one.id === order.id);
        // Its `cost` is 0 here: ccxt prefers `cumBase`, which is "0" for contracts margined in USDT.
        matches(mine, { status: 'closed', type: 'market', average: 60000, filled: 0.002 }, 'order');
      }),
    async hedge() {
      const hedge = of('hedge');
      await market(hedge, 'buy', 0.002, { positionSide: 'LONG' });
      await market(hedge, 'sell', 0.003, { positionSide: 'SHORT' });
      const legs = Object.fromEntries(
        (await hedge.fetchPositions([symbol])).map((one) => [one.side, one]),
      );
      matches(legs.long, { contracts: 0.002, hedged: true, entryPrice: 60000 }, 'long');
      matches(legs.short, { contracts: 0.003, hedged: true, entryPrice: 60000 }, 'short');
      await market(hedge, 'sell', 0.002, { positionSide: 'LONG' });
      await market(hedge, 'buy', 0.003, { positionSide: 'SHORT' });
      equal((await hedge.fetchPositions([symbol])).length, 0, 'positions');
    },
    async algo() {
      const account = of('algo');
      const clientOrderId = newId();
      const order = await account.createOrder(symbol, 'market', 'buy', 0.002, undefined, {
        triggerPrice: 61000,
        clientOrderId,
      });
      const shape = {
        id: order.id,
        clientOrderId,
        symbol,
        side: 'buy',
        status: 'open',
        triggerPrice: 61000,
        amount: 0.002,
      };
      matches(order, shape, 'answer');
      matches(await account.fetchOrder(order.id, symbol, { trigger: true }), shape, 'order');
      equal(
        (await account.fetchOpenOrders(symbol, undefined, undefined, { trigger: true })).length,
        1,
        'conditional orders',
      );
      equal((await account.fetchOpenOrders(symbol)).length, 0, 'open orders');
      const cancelled = await account.cancelOrder(order.id, symbol, { trigger: true });
      matches(cancelled, { id: order.id, info: { code: '200', msg: 'success' } }, 'cancelled');
      equal(
        (await account.fetchOpenOrders(symbol, undefined, undefined, { trigger: true })).length,
        0,
        'after',
      );
    },
    async limits() {
      const batch = of('batch');
      const counts = [];
      for (let i = 0; i < 2; ++i) {
        const order = await rest(batch);
        const headers = Object.fromEntries(
          Object.entries(batch.last_response_headers).map(([name, value]) => [
            name.toLowerCase(),
            Number(value),
          ]),
        );
        counts.push(headers);
        await batch.cancelOrder(order.id, symbol);
      }
      const [first, second] = counts;
      // Or it is the first of a window that has just begun.
      for (const name of ['x-mbx-order-count-10s', 'x-mbx-order-count-1m'])
        ok(
          [first[name] + 1, 1].includes(second[name]),
          `${name}: ${second[name]} after ${first[name]}`,
        );
      ok(second['x-mbx-used-weight-1m'] > 0, 'the used weight');
    },
    'rest-ed25519': () =>
      withResting(of('ed25519'), (order) => matches(order, openLimit(order), 'order')),
    'rest-rsa': () => withResting(of('rsa'), (order) => matches(order, openLimit(order), 'order')),
  };
}
