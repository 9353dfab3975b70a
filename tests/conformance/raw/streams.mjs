// Listen keys and the user-data stream.
import { equal, failure, kind, matches, ok } from '../check.mjs';
import { checkFillEvents, checkOrderEvents } from '../events.mjs';
import { marketOrder, restingOrder, symbol } from '../orders.mjs';

export function streamCases({ rest, stream, isError }, venue) {
  return {
    async 'listen-key'() {
      const keys = rest('keys');
      const { listenKey } = await keys.createListenKey();
      ok(/^[A-Za-z0-9]{64}$/.test(listenKey), 'the listen key has 64 characters');
      equal((await keys.createListenKey()).listenKey, listenKey, 'the key while it lives');
      equal((await keys.extendListenKey()).listenKey, listenKey, 'the key extended');
      equal(JSON.stringify(await keys.closeListenKey()), '{}', 'closed');
      const other = await keys.createListenKey();
      ok(other.listenKey !== listenKey, 'a new key after the old one was closed');
      await keys.closeListenKey();
    },
    'stream-fill': () =>
      venue.withLiquidity(symbol, { pieces: 2 }, async () => {
        const { events } = await stream('stream');
        const order = marketOrder({ quantity: '0.004' });
        await rest('stream').place(order);
        checkFillEvents(await events.until((one) => one.o?.X === 'FILLED', 'the fills'), order);
      }),
    async 'stream-order'() {
      const { events } = await stream('changes');
      const account = rest('changes');
      const order = restingOrder();
      const origClientOrderId = order.newClientOrderId;
      await account.place(order);
      await account.modify({
        symbol,
        side: 'BUY',
        quantity: '0.003',
        price: '58100',
        origClientOrderId,
      });
      await account.cancel({ symbol, origClientOrderId });
      checkOrderEvents(
        await events.until((one) => one.o?.x === 'CANCELED', 'the cancellation'),
        order,
      );
    },
    async 'stream-leverage'() {
      const { events } = await stream('leverage');
      await rest('leverage').setLeverage({ symbol: 'XRPUSDT', leverage: 7 });
      const seen = await events.until((one) => one.e === 'ACCOUNT_CONFIG_UPDATE', 'the change');
      matches(
        seen.at(-1),
        { ac: { s: 'XRPUSDT', l: 7 }, T: kind('number'), E: kind('number') },
        'event',
      );
    },
    async 'error-1125'() {
      await rest('errors').closeListenKey();
      const error = await failure(rest('errors').extendListenKey(), 'a key that is not there');
      isError(error, { code: -1125, status: 400, message: 'This listenKey does not exist.' });
    },
  };
}
