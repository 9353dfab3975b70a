// Placing, changing and finding orders.
import { dec, equal, failure, has, matches, ok } from '../check.mjs';
import { newId } from '../orders.mjs';
import { symbol, id, isError, rest, market, withResting, openLimit } from './exchange.mjs';

export function orderCases(of, venue) {
  const main = of('main');
  return {
    limit: () =>
      withResting(main, (order) => {
        matches(order, openLimit(order), 'order');
        ok(BigInt(order.id) > 2n ** 53n, `order id ${order.id} is whole`);
        has(order, ['timestamp', 'lastUpdateTimestamp'], 'order');
      }),
    async 'duplicate-id'() {
      const clientOrderId = newId();
      const first = await rest(main, { clientOrderId });
      isError(await failure(rest(main, { clientOrderId }), 'the same id again'), 4116);
      await main.cancelOrder(first.id, symbol);
      const second = await rest(main, { clientOrderId });
      matches(second, { clientOrderId, status: 'open' }, 'the id after the first order ended');
      ok(second.id !== first.id, 'another order');
      await main.cancelOrder(second.id, symbol);
    },
    'query-client-id': () =>
      withResting(main, async (order) => {
        const found = await main.fetchOrder(undefined, symbol, {
          clientOrderId: order.clientOrderId,
        });
        matches(found, openLimit(order), 'order');
      }),
    'query-order-id': () =>
      withResting(main, async (order) =>
        matches(await main.fetchOrder(order.id, symbol), openLimit(order), 'order'),
      ),
    'open-orders': () =>
      withResting(main, async (order) => {
        const open = await main.fetchOpenOrders(symbol);
        equal(open.length, 1, 'open orders');
        matches(open[0], openLimit(order), 'open order');
        equal(
          (await main.fetchOpenOrders('ETH/USDT:USDT')).length,
          0,
          'open orders of another symbol',
        );
      }),
    modify: () =>
      withResting(main, async (order) => {
        const edited = await main.editOrder(order.id, symbol, 'limit', 'buy', 0.003, 58100);
        const now = {
          id: order.id,
          clientOrderId: order.clientOrderId,
          price: 58100,
          amount: 0.003,
          filled: 0,
          status: 'open',
        };
        matches(edited, now, 'answer');
        matches(await main.fetchOrder(order.id, symbol), now, 'order');
      }),
    'modify-id': () =>
      withResting(main, async (order) => {
        const edited = await main.editOrder(order.id, symbol, 'limit', 'buy', 0.002, 58200, {
          modifyId: 42,
        });
        matches(edited, { id: order.id, price: 58200, info: { modifyId: dec(42) } }, 'answer');
      }),
    async cancel() {
      const order = await rest(main);
      const cancelled = await main.cancelOrder(order.id, symbol);
      matches(cancelled, { ...openLimit(order), status: 'canceled' }, 'answer');
      equal((await main.fetchOrder(order.id, symbol)).status, 'canceled', 'order');
      equal((await main.fetchOpenOrders(symbol)).length, 0, 'open orders');
    },
    async 'cancel-all'() {
      const orders = [await rest(main), await rest(main, {}, 0.002, 57900)];
      await main.cancelAllOrders(symbol);
      for (const order of orders)
        equal((await main.fetchOrder(order.id, symbol)).status, 'canceled', 'order');
    },
    async batch() {
      const batch = of('batch');
      const one = (price, amount = 0.002) => ({
        symbol,
        type: 'limit',
        side: 'buy',
        amount,
        price,
        params: { clientOrderId: newId() },
      });
      const orders = await batch.createOrders([one(58000), one(49000, 0.001), one(57900)]);
      equal(orders.length, 3, 'answers');
      matches(orders[0], { status: 'open', price: 58000 }, 'first');
      matches(orders[1], { id: undefined, info: { code: dec(-4164) } }, 'second');
      matches(orders[2], { status: 'open', price: 57900 }, 'third');
      const cancelled = await batch.cancelOrders([orders[0].id, orders[2].id], symbol);
      equal(cancelled.map((order) => order.status).join(), 'canceled,canceled', 'cancelled');
      equal((await batch.fetchOpenOrders(symbol)).length, 0, 'open orders');
    },
    'limit-ioc': () =>
      venue.withLiquidity(id, { qty: '0.001' }, async () => {
        const fills = of('fills');
        const order = await fills.createOrder(symbol, 'limit', 'buy', 0.003, 60100, {
          timeInForce: 'IOC',
        });
        matches(
          order,
          { status: 'expired', filled: 0.001, remaining: 0.002, timeInForce: 'IOC' },
          'answer',
        );
        const found = await fills.fetchOrder(order.id, symbol);
        matches(found, { status: 'expired', average: 60000, filled: 0.001, cost: 60 }, 'order');
        await market(fills, 'sell', 0.001, { reduceOnly: true });
      }),
    async market() {
      const fills = of('fills');
      const order = await market(fills, 'buy');
      matches(
        order,
        { status: 'closed', type: 'market', side: 'buy', filled: 0.002, remaining: 0 },
        'answer',
      );
      matches(
        await fills.fetchOrder(order.id, symbol),
        { status: 'closed', average: 60000, cost: 120 },
        'order',
      );
      const closing = await market(fills, 'sell', 0.002, { reduceOnly: true });
      matches(closing, { status: 'closed', reduceOnly: true, side: 'sell' }, 'closing');
    },
  };
}
