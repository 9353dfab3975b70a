// The WebSocket API.
import { absent, dec, decimal, equal, failure, has, matches } from '../check.mjs';
import { last, marketOrder, restingOrder, shapeOfPlaced, symbol } from '../orders.mjs';

export function wsCases({ wsApi, rest, isWsError }) {
  const placeAndCancel = async (ws) => {
    const order = restingOrder();
    const placed = await ws.place(order);
    matches(placed, { ...shapeOfPlaced(order), status: 'NEW', price: dec(58000) }, 'answer');
    absent(placed, ['avgPrice', 'cumQuote'], 'answer');
    const cancelled = await ws.cancel({ symbol, origClientOrderId: order.newClientOrderId });
    matches(cancelled, { status: 'CANCELED', clientOrderId: order.newClientOrderId }, 'cancelled');
  };
  return {
    'ws-hmac': async () => placeAndCancel(await wsApi('ws')),
    'ws-rsa': async () => placeAndCancel(await wsApi('rsa')),
    async 'ws-orders'() {
      const ws = await wsApi('ws');
      const order = restingOrder();
      const origClientOrderId = order.newClientOrderId;
      const placed = await ws.place(order);
      const found = await ws.status({ symbol, origClientOrderId });
      matches(
        found,
        { ...shapeOfPlaced(order), orderId: placed.orderId, status: 'NEW', avgPrice: dec(0) },
        'status',
      );
      const modified = await ws.modify({
        symbol,
        side: 'BUY',
        quantity: '0.003',
        price: '58100',
        origClientOrderId,
      });
      matches(
        modified,
        { orderId: placed.orderId, price: dec(58100), origQty: dec('0.003'), status: 'NEW' },
        'modified',
      );
      matches(
        await ws.cancel({ symbol, origClientOrderId }),
        { orderId: placed.orderId, status: 'CANCELED' },
        'cancelled',
      );
      const market = await ws.place(marketOrder());
      matches(market, { status: 'FILLED', executedQty: dec('0.002') }, 'MARKET');
      await ws.place(marketOrder({ side: 'SELL', reduceOnly: 'true' }));
    },
    async 'ws-account'() {
      const ws = await wsApi('ws');
      await rest('ws').place(marketOrder());
      const usdt = (await ws.balance()).find((one) => one.asset === 'USDT');
      has(usdt, ['balance', 'availableBalance', 'crossWalletBalance'], 'balance');
      matches(
        await ws.position({ symbol }),
        { 0: { symbol, positionAmt: dec('0.002'), entryPrice: dec(last) } },
        'position',
      );
      const account = await ws.account();
      decimal(account.totalWalletBalance, usdt.balance, 'totalWalletBalance');
      matches(account.positions[0], { symbol, positionAmt: dec('0.002') }, 'account position');
      await rest('ws').place(marketOrder({ side: 'SELL', reduceOnly: 'true' }));
    },
    async 'ws-listen-key'() {
      const ws = await wsApi('keys');
      const { listenKey } = await ws.startKey();
      equal((await rest('keys').createListenKey()).listenKey, listenKey, 'the key of REST');
      equal((await ws.pingKey()).listenKey, listenKey, 'extended');
      equal(JSON.stringify(await ws.stopKey()), '{}', 'closed');
      isWsError(await failure(ws.pingKey(), 'a key that is not there'), {
        code: -1125,
        msg: 'This listenKey does not exist.',
      });
    },
    async 'ws-error'() {
      const ws = await wsApi('ws');
      const refused = [
        [
          () => ws.place(restingOrder({ symbol: 'NOSUCHUSDT' })),
          { code: -1121, msg: 'Invalid symbol.' },
        ],
        [
          () => ws.place(restingOrder({ price: '58000.05' })),
          { code: -4014, msg: 'Price not increased by tick size.' },
        ],
        [
          () => ws.cancel({ symbol, origClientOrderId: 'not-there' }),
          { code: -2011, msg: 'Unknown order sent.' },
        ],
        [
          () => ws.status({ symbol, origClientOrderId: 'not-there' }),
          { code: -2013, msg: 'Order does not exist.' },
        ],
      ];
      for (const [call, wanted] of refused) isWsError(await failure(call(), wanted.msg), wanted);
      const wrong = await wsApi('ws', { secret: 'not-the-secret' });
      isWsError(await failure(wrong.place(restingOrder()), 'a wrong secret'), {
        code: -1022,
        msg: 'Signature for this request is not valid.',
      });
    },
  };
}
