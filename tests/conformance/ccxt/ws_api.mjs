// The WebSocket API.
import { equal, failure, matches } from '../check.mjs';
import { newId } from '../orders.mjs';
import { notOffered } from '../rows.mjs';
import { symbol, isError, withPosition, openLimit } from './exchange.mjs';

async function placeAndCancelWs(exchange) {
  const clientOrderId = newId();
  const order = await exchange.createOrderWs(symbol, 'limit', 'buy', 0.002, 58000, {
    clientOrderId,
  });
  matches(order, { ...openLimit(order), clientOrderId }, 'answer');
  const cancelled = await exchange.cancelOrderWs(order.id, symbol);
  matches(cancelled, { id: order.id, status: 'canceled', clientOrderId }, 'cancelled');
}

export function wsCases(of) {
  return {
    'ws-hmac': () => placeAndCancelWs(of('ws')),
    'ws-rsa': () => placeAndCancelWs(of('rsa')),
    'ws-logon': notOffered(
      'it signs each request, with an Ed25519 key as with others, and has no session.logon for futures',
    ),
    async 'ws-orders'() {
      const ws = of('ws');
      const order = await ws.createOrderWs(symbol, 'limit', 'buy', 0.002, 58000, {
        clientOrderId: newId(),
      });
      matches(await ws.fetchOrderWs(order.id, symbol), openLimit(order), 'status');
      const edited = await ws.editOrderWs(order.id, symbol, 'limit', 'buy', 0.003, 58100);
      matches(edited, { id: order.id, price: 58100, amount: 0.003, status: 'open' }, 'modified');
      matches(
        await ws.cancelOrderWs(order.id, symbol),
        { id: order.id, status: 'canceled' },
        'cancelled',
      );
      const bought = await ws.createOrderWs(symbol, 'market', 'buy', 0.002);
      matches(bought, { status: 'closed', filled: 0.002, type: 'market' }, 'MARKET');
      await ws.createOrderWs(symbol, 'market', 'sell', 0.002, undefined, { reduceOnly: true });
    },
    async 'ws-account'() {
      const ws = of('ws');
      await withPosition(ws, async () => {
        const balance = await ws.fetchBalanceWs();
        const account = await ws.fetchBalance();
        equal(balance.USDT.total, account.USDT.total, 'balance');
        const positions = (await ws.fetchPositionsWs([symbol])).filter((one) => one.contracts > 0);
        equal(positions.length, 1, 'positions');
        matches(
          positions[0],
          { symbol, side: 'long', contracts: 0.002, entryPrice: 60000 },
          'position',
        );
      });
    },
    'ws-listen-key': notOffered('its listen keys are made over REST only'),
    async 'ws-error'() {
      const ws = of('ws');
      const wrong = of('ws', { secret: 'not-the-secret' });
      isError(
        await failure(ws.createOrderWs(symbol, 'limit', 'buy', 0.001, 49000), 'too small'),
        4164,
      );
      isError(await failure(ws.cancelOrderWs('1', symbol), 'nothing to cancel'), 2011);
      isError(await failure(ws.fetchOrderWs('1', symbol), 'no such order'), 2013);
      isError(
        await failure(wrong.createOrderWs(symbol, 'limit', 'buy', 0.002, 58000), 'a wrong secret'),
        1022,
      );
    },
  };
}
