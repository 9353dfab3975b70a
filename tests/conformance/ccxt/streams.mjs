// Listen keys and the user-data stream.
import { decimal, equal, failure, kind, matches, ok } from '../check.mjs';
import { checkFillEvents, checkOrderEvents } from '../events.mjs';
import { marketOrder, restingOrder } from '../orders.mjs';
import { symbol, id, isError, rest, market } from './exchange.mjs';

// Its private socket, open. What the watch methods would give is read from the caches they read.
async function watch(exchange) {
  await exchange.loadMarkets();
  // The first watchPositions gives a snapshot, over REST.
  const snapshot = exchange.positions === undefined ? exchange.watchPositions() : undefined;
  for (const first of [exchange.watchOrders(), exchange.watchMyTrades(), exchange.watchBalance()])
    first.catch(() => {});
  const url = new URL(await exchange.opened.next('the private socket'));
  equal(url.pathname, '/private/ws', 'path of the private socket');
  if (snapshot !== undefined) equal((await snapshot).length, 0, 'positions of a flat account');
  return url.searchParams.get('listenKey');
}

export function streamCases(of, venue) {
  return {
    async 'listen-key'() {
      const keys = of('keys');
      const { listenKey } = await keys.fapiPrivatePostListenKey();
      ok(/^[A-Za-z0-9]{64}$/.test(listenKey), 'the listen key has 64 characters');
      equal((await keys.fapiPrivatePostListenKey()).listenKey, listenKey, 'the key while it lives');
      equal((await keys.fapiPrivatePutListenKey()).listenKey, listenKey, 'the key extended');
      equal(JSON.stringify(await keys.fapiPrivateDeleteListenKey()), '{}', 'closed');
      ok((await keys.fapiPrivatePostListenKey()).listenKey !== listenKey, 'a new key');
      await keys.fapiPrivateDeleteListenKey();
    },
    'stream-fill': () =>
      venue.withLiquidity(id, { pieces: 2 }, async () => {
        const exchange = of('stream');
        await watch(exchange);
        const order = marketOrder({ quantity: '0.004' });
        await market(exchange, 'buy', 0.004, { clientOrderId: order.newClientOrderId });
        checkFillEvents(
          await exchange.seen.until((one) => one.o?.X === 'FILLED', 'the fills'),
          order,
        );
        const watched = exchange.orders.find((one) => one.clientOrderId === order.newClientOrderId);
        matches(
          watched,
          { status: 'closed', filled: 0.004, average: 60000, type: 'market' },
          'watchOrders',
        );
        equal(
          exchange.myTrades.map((one) => `${one.amount}@${one.price}`).join(),
          '0.002@60000,0.002@60000',
          'watchMyTrades',
        );
        decimal(exchange.balance.future.USDT.total, '99999.88', 'watchBalance');
        const held = exchange.positions.future.find(
          (one) => one.symbol === symbol && one.contracts > 0,
        );
        matches(held, { side: 'long', contracts: 0.004, entryPrice: 60000 }, 'watchPositions');
      }),
    async 'stream-order'() {
      const exchange = of('changes');
      await watch(exchange);
      const order = restingOrder();
      const placed = await rest(exchange, { clientOrderId: order.newClientOrderId });
      await exchange.editOrder(placed.id, symbol, 'limit', 'buy', 0.003, 58100);
      await exchange.cancelOrder(placed.id, symbol);
      checkOrderEvents(
        await exchange.seen.until((one) => one.o?.x === 'CANCELED', 'the cancellation'),
        order,
      );
      const watched = exchange.orders.find((one) => one.clientOrderId === order.newClientOrderId);
      matches(
        watched,
        { status: 'canceled', price: 58100, amount: 0.003, filled: 0 },
        'watchOrders',
      );
    },
    async 'stream-leverage'() {
      const exchange = of('leverage');
      await watch(exchange);
      await exchange.setLeverage(7, 'XRP/USDT:USDT');
      const seen = await exchange.seen.until(
        (one) => one.e === 'ACCOUNT_CONFIG_UPDATE',
        'the change',
      );
      matches(
        seen.at(-1),
        { ac: { s: 'XRPUSDT', l: 7 }, T: kind('number'), E: kind('number') },
        'event',
      );
    },
    async 'stream-expired'() {
      const exchange = of('expiry');
      const listenKey = await watch(exchange);
      await venue.control('expire_listen_key', { account: 'expiry' });
      matches(
        await exchange.seen.next('the expiry'),
        { e: 'listenKeyExpired', listenKey },
        'event',
      );
      // ccxt does not act on the event: its next extension fails, the watch after it makes a key.
      const waiting = failure(exchange.watchOrders(symbol), 'what waited on the old key');
      await exchange.keepAliveListenKey({ type: 'future' });
      isError(await waiting, 1125);
      ok((await watch(exchange)) !== listenKey, 'a new key');
      await rest(exchange);
      matches(
        await exchange.seen.next('an event of the new key'),
        { e: 'ORDER_TRADE_UPDATE' },
        'event',
      );
    },
  };
}
