// What orders left behind, conditional orders, limits, and the kinds of keys.
import { dec, decimal, equal, failure, has, matches, ok } from '../check.mjs';
import {
  last,
  marketOrder,
  newId,
  restingOrder,
  symbol,
  withPosition,
  withResting,
} from '../orders.mjs';

export function tradeCases({ rest, isError }, venue) {
  const fills = rest('fills');
  return {
    positions: () =>
      withPosition(fills, async () => {
        await venue.control('price', { symbol, price: '60500' });
        try {
          const [position, ...others] = await fills.positions({ symbol });
          equal(others.length, 0, 'other positions');
          matches(
            position,
            {
              symbol,
              positionSide: 'BOTH',
              positionAmt: dec('0.002'),
              entryPrice: dec(last),
              markPrice: dec(60500),
              unRealizedProfit: dec(1),
              notional: dec(121),
              marginAsset: 'USDT',
              isolatedMargin: dec(0),
            },
            'position',
          );
          const account = await fills.account();
          matches(account, { totalUnrealizedProfit: dec(1) }, 'account');
          matches(
            account.positions[0],
            { symbol, positionAmt: dec('0.002'), unrealizedProfit: dec(1) },
            'account position',
          );
        } finally {
          await venue.control('price', { symbol, price: last });
        }
      }),
    async 'user-trades'() {
      const before = await fills.userTrades({ symbol });
      await withPosition(fills, async (opened) => {
        const trades = await fills.userTrades({ symbol });
        equal(trades.length, before.length + 1, 'trades');
        matches(
          trades.at(-1),
          {
            symbol,
            orderId: opened.orderId,
            side: 'BUY',
            price: dec(last),
            qty: dec('0.002'),
            quoteQty: dec(120),
            commission: dec('0.06'),
            commissionAsset: 'USDT',
            realizedPnl: dec(0),
            buyer: true,
            maker: false,
            positionSide: 'BOTH',
            marginAsset: 'USDT',
          },
          'trade',
        );
        has(trades.at(-1), ['id', 'time'], 'trade');
      });
    },
    'all-orders': () =>
      withPosition(fills, async (opened) => {
        const orders = await fills.allOrders({ symbol });
        const mine = orders.find((one) => one.clientOrderId === opened.clientOrderId);
        matches(
          mine,
          {
            status: 'FILLED',
            type: 'MARKET',
            avgPrice: dec(last),
            cumQuote: dec(120),
            pair: symbol,
          },
          'order',
        );
      }),
    async hedge() {
      const hedge = rest('hedge');
      const opened = await hedge.place(marketOrder({ positionSide: 'LONG' }));
      matches(opened, { status: 'FILLED', positionSide: 'LONG', reduceOnly: false }, 'opening');
      await hedge.place(marketOrder({ side: 'SELL', positionSide: 'SHORT', quantity: '0.003' }));
      const legs = Object.fromEntries(
        (await hedge.positions({ symbol })).map((one) => [one.positionSide, one]),
      );
      decimal(legs.LONG?.positionAmt, '0.002', 'LONG');
      decimal(legs.SHORT?.positionAmt, '-0.003', 'SHORT');
      const error = await failure(
        hedge.place(marketOrder({ side: 'SELL', positionSide: 'LONG', reduceOnly: 'true' })),
        'reduceOnly',
      );
      isError(error, { code: -4062, status: 400 });
      await hedge.place(marketOrder({ side: 'SELL', positionSide: 'LONG' }));
      await hedge.place(marketOrder({ positionSide: 'SHORT', quantity: '0.003' }));
      equal((await hedge.positions({ symbol })).length, 0, 'positions');
    },
    async algo() {
      const account = rest('algo');
      const order = {
        algoType: 'CONDITIONAL',
        symbol,
        side: 'BUY',
        type: 'STOP_MARKET',
        quantity: '0.002',
        triggerPrice: '61000',
        clientAlgoId: newId(),
      };
      const placed = await account.placeAlgo(order);
      const shape = {
        clientAlgoId: order.clientAlgoId,
        algoType: 'CONDITIONAL',
        orderType: 'STOP_MARKET',
        algoStatus: 'NEW',
        symbol,
        side: 'BUY',
        quantity: dec('0.002'),
        triggerPrice: dec(61000),
      };
      matches(placed, shape, 'answer');
      matches(await account.queryAlgo({ clientAlgoId: order.clientAlgoId }), shape, 'order');
      const open = await account.openAlgos({ symbol });
      equal(open.length, 1, 'open conditional orders');
      equal((await account.openOrders({ symbol })).length, 0, 'open orders');
      matches(
        await account.cancelAlgo({ clientAlgoId: order.clientAlgoId }),
        { clientAlgoId: order.clientAlgoId, code: '200', msg: 'success' },
        'cancelled',
      );
      equal((await account.openAlgos({ symbol })).length, 0, 'open conditional orders after');
    },
    async limits() {
      const batch = rest('batch');
      const counts = [];
      for (let i = 0; i < 2; ++i) {
        const order = restingOrder();
        await batch.place(order);
        counts.push(batch.limits());
        await batch.cancel({ symbol, origClientOrderId: order.newClientOrderId });
      }
      const [first, second] = counts;
      // Or it is the first of a window that has just begun.
      for (const name of ['tenSeconds', 'minute'])
        ok(
          [first[name] + 1, 1].includes(second[name]),
          `${name}: ${second[name]} after ${first[name]}`,
        );
      ok(second.weight > 0, `weight ${second.weight}`);
    },
    'rest-ed25519': () =>
      withResting(rest('ed25519'), (placed) =>
        matches(placed, { status: 'NEW', price: dec(58000) }, 'answer'),
      ),
    'rest-rsa': () =>
      withResting(rest('rsa'), (placed) =>
        matches(placed, { status: 'NEW', price: dec(58000) }, 'answer'),
      ),
  };
}
