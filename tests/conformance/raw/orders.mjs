// Placing, changing and finding orders.
import { absent, dec, equal, failure, has, matches, ok } from '../check.mjs';
import { last, marketOrder, restingOrder, shapeOfPlaced, symbol, withResting } from '../orders.mjs';

export function orderCases({ rest, isError, wholeIds }, venue) {
  const main = rest('main');
  return {
    limit: () =>
      withResting(main, (placed, order) => {
        matches(placed, shapeOfPlaced(order), 'answer');
        matches(
          placed,
          { status: 'NEW', price: dec(58000), executedQty: dec(0), cumQty: dec(0) },
          'answer',
        );
        has(placed, ['orderId', 'updateTime'], 'answer');
        absent(placed, ['avgPrice', 'cumQuote'], 'answer');
      }),
    async 'duplicate-id'() {
      const again = await withResting(main, async (_, order) => {
        const error = await failure(main.place(order), 'the same id again');
        isError(error, { code: -4116, status: 400, message: 'ClientOrderId is duplicated.' });
        return order;
      });
      const placed = await main.place(again);
      matches(
        placed,
        { status: 'NEW', clientOrderId: again.newClientOrderId },
        'the id after the first order ended',
      );
      await main.cancel({ symbol, origClientOrderId: again.newClientOrderId });
    },
    'query-client-id': () =>
      withResting(main, async (placed, order) => {
        const found = await main.query({ symbol, origClientOrderId: order.newClientOrderId });
        matches(found, shapeOfPlaced(order), 'order');
        matches(
          found,
          {
            status: 'NEW',
            orderId: placed.orderId,
            avgPrice: dec(0),
            cumQuote: dec(0),
            executedQty: dec(0),
            time: placed.updateTime,
          },
          'order',
        );
      }),
    ...(wholeIds && {
      'query-order-id': () =>
        withResting(main, async (placed, order) => {
          ok(BigInt(placed.orderId) > 2n ** 53n, `orderId ${placed.orderId} is beyond 2^53`);
          const found = await main.query({ symbol, orderId: placed.orderId });
          matches(
            found,
            { orderId: placed.orderId, clientOrderId: order.newClientOrderId },
            'order',
          );
        }),
    }),
    'open-orders': () =>
      withResting(main, async (placed, order) => {
        for (const params of [{ symbol }, {}]) {
          const open = await main.openOrders(params);
          equal(open.length, 1, 'open orders');
          matches(open[0], shapeOfPlaced(order), 'open order');
          matches(
            open[0],
            { orderId: placed.orderId, status: 'NEW', price: dec(58000) },
            'open order',
          );
        }
        equal(
          (await main.openOrders({ symbol: 'ETHUSDT' })).length,
          0,
          'open orders of another symbol',
        );
      }),
    modify: () =>
      withResting(main, async (placed, order) => {
        const origClientOrderId = order.newClientOrderId;
        const modified = await main.modify({
          symbol,
          side: 'BUY',
          quantity: '0.003',
          price: '58100',
          origClientOrderId,
        });
        const now = {
          orderId: placed.orderId,
          status: 'NEW',
          price: dec(58100),
          origQty: dec('0.003'),
          executedQty: dec(0),
        };
        matches(modified, now, 'answer');
        absent(modified, ['avgPrice', 'cumQuote', 'cumBase'], 'answer');
        matches(await main.query({ symbol, origClientOrderId }), now, 'order');
        const error = await failure(
          main.modify({
            symbol,
            side: 'BUY',
            quantity: '0.003',
            price: '58100.05',
            origClientOrderId,
          }),
          'a price off the tick',
        );
        isError(error, { code: -4014, status: 400, message: 'Price not increased by tick size.' });
        matches(await main.query({ symbol, origClientOrderId }), now, 'order after the refusal');
      }),
    'modify-id': () =>
      withResting(main, async (placed, order) => {
        const modified = await main.modify({
          symbol,
          side: 'BUY',
          quantity: '0.002',
          price: '58200',
          origClientOrderId: order.newClientOrderId,
          modifyId: 42,
        });
        matches(modified, { orderId: placed.orderId, price: dec(58200), modifyId: 42 }, 'answer');
      }),
    async cancel() {
      const order = restingOrder();
      const placed = await main.place(order);
      const asked = { symbol, origClientOrderId: order.newClientOrderId };
      const cancelled = await main.cancel(asked);
      matches(cancelled, shapeOfPlaced(order), 'answer');
      matches(
        cancelled,
        { status: 'CANCELED', orderId: placed.orderId, executedQty: dec(0) },
        'answer',
      );
      absent(cancelled, ['avgPrice', 'cumQuote'], 'answer');
      matches(await main.query(asked), { status: 'CANCELED' }, 'order');
      equal((await main.openOrders({ symbol })).length, 0, 'open orders');
    },
    async 'cancel-all'() {
      const orders = [restingOrder(), restingOrder({ price: '57900' })];
      for (const order of orders) await main.place(order);
      matches(
        await main.cancelAll({ symbol }),
        { code: 200, msg: 'The operation of cancel all open order is done.' },
        'answer',
      );
      for (const { newClientOrderId } of orders)
        equal(
          (await main.query({ symbol, origClientOrderId: newClientOrderId })).status,
          'CANCELED',
          'status',
        );
    },
    async batch() {
      const batch = rest('batch');
      const orders = [
        restingOrder(),
        restingOrder({ price: '58000.05' }),
        restingOrder({ price: '57900' }),
      ];
      const answers = await batch.placeBatch(orders);
      equal(answers.length, 3, 'answers');
      matches(
        answers[0],
        { status: 'NEW', clientOrderId: orders[0].newClientOrderId, price: dec(58000) },
        'first',
      );
      matches(answers[1], { code: -4014, msg: 'Price not increased by tick size.' }, 'second');
      matches(
        answers[2],
        { status: 'NEW', clientOrderId: orders[2].newClientOrderId, price: dec(57900) },
        'third',
      );
      const known = [orders[0].newClientOrderId, orders[2].newClientOrderId];
      const cancelled = await batch.cancelBatch({
        symbol,
        origClientOrderIdList: [...known, 'not-there'],
      });
      equal(
        cancelled.map((one) => one.status ?? one.code).join(),
        'CANCELED,CANCELED,-2011',
        'cancelled',
      );
      equal((await batch.openOrders({ symbol })).length, 0, 'open orders');
    },
    'limit-ioc': () =>
      venue.withLiquidity(symbol, { qty: '0.001' }, async () => {
        const fills = rest('fills');
        const order = restingOrder({
          timeInForce: 'IOC',
          price: '60100',
          quantity: '0.003',
          newOrderRespType: 'RESULT',
        });
        const placed = await fills.place(order);
        matches(
          placed,
          { ...shapeOfPlaced(order), status: 'EXPIRED', executedQty: dec('0.001') },
          'answer',
        );
        const found = await fills.query({ symbol, origClientOrderId: order.newClientOrderId });
        matches(
          found,
          { status: 'EXPIRED', avgPrice: dec(last), cumQuote: dec(60), executedQty: dec('0.001') },
          'order',
        );
        await fills.place(marketOrder({ side: 'SELL', quantity: '0.001', reduceOnly: 'true' }));
      }),
    async market() {
      const fills = rest('fills');
      const order = marketOrder();
      const placed = await fills.place(order);
      matches(
        placed,
        {
          ...shapeOfPlaced(order),
          status: 'FILLED',
          executedQty: dec('0.002'),
          cumQty: dec('0.002'),
        },
        'answer',
      );
      matches(
        await fills.query({ symbol, origClientOrderId: order.newClientOrderId }),
        { status: 'FILLED', avgPrice: dec(last), cumQuote: dec(120), price: dec(0) },
        'order',
      );
      const closing = marketOrder({ side: 'SELL', reduceOnly: 'true' });
      matches(
        await fills.place(closing),
        { status: 'FILLED', reduceOnly: true, side: 'SELL' },
        'closing',
      );
    },
  };
}
