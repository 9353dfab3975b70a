// binance, by tiagosiebler.
import { USDMClient, WebsocketAPIClient, WebsocketClient, WS_KEY_MAP } from 'binance';

import { dec, equal, Events, matches, ok } from '../check.mjs';
import { defined, restingOrder } from '../orders.mjs';
import { rawCases } from '../raw/cases.mjs';
import { notOffered } from '../rows.mjs';

const symbol = 'BTCUSDT';
const host = (url) => new URL(url).origin.replace('https:', 'wss:');
const quiet = { trace() {}, info() {}, error: (...text) => console.error(...text) };

function options(venue, label, other) {
  const { apiKey, secret } = { ...venue.key(label), ...other };
  return { api_key: apiKey, api_secret: secret };
}

// It throws a plain object with what the venue said.
function isError(error, { code, message }) {
  ok(!(error instanceof Error), `${error?.stack} is not an answer of the venue`);
  matches(error, { code, ...(message && { message }), body: { code } }, 'error');
  ok(error.requestUrl.startsWith('https://127.0.0.1'), `requestUrl ${error.requestUrl}`);
}

// And over the WebSocket API it rejects with the whole answer.
function isWsError(answer, wanted) {
  matches(answer, { error: wanted, status: 400 }, 'answer');
}

function restOf(venue, label, other) {
  const client = new USDMClient({ ...options(venue, label, other), baseUrl: venue.rest });
  const call = (method) => (params) => client[method](params);
  return {
    exchangeInfo: call('getExchangeInfo'),
    time: async () => ({ serverTime: await client.getServerTime() }),
    account: call('getAccountInformationV3'),
    balance: call('getBalanceV3'),
    positions: call('getPositionsV3'),
    accountConfig: call('getFuturesAccountConfig'),
    symbolConfig: call('getFuturesSymbolConfig'),
    brackets: call('getNotionalAndLeverageBrackets'),
    mode: call('getCurrentPositionMode'),
    setMode: (dualSidePosition) => client.setPositionMode({ dualSidePosition }),
    setLeverage: call('setLeverage'),
    setMarginType: call('setMarginType'),
    place: (order) => client.submitNewOrder(defined(order)),
    modify: call('modifyOrder'),
    cancel: call('cancelOrder'),
    cancelAll: call('cancelAllOpenOrders'),
    placeBatch: (orders) => client.submitMultipleOrders(orders),
    cancelBatch: call('cancelMultipleOrders'),
    query: call('getOrder'),
    openOrders: call('getAllOpenOrders'),
    allOrders: call('getAllOrders'),
    userTrades: call('getAccountTrades'),
    placeAlgo: call('submitNewAlgoOrder'),
    queryAlgo: call('getAlgoOrder'),
    cancelAlgo: call('cancelAlgoOrder'),
    openAlgos: call('getOpenAlgoOrders'),
    createListenKey: call('getFuturesUserDataListenKey'),
    extendListenKey: call('keepAliveFuturesUserDataListenKey'),
    closeListenKey: call('closeFuturesUserDataListenKey'),
    limits: () => {
      const states = client.getRateLimitStates();
      return {
        weight: Number(states['x-mbx-used-weight-1m']),
        tenSeconds: Number(states['x-mbx-order-count-10s']),
        minute: Number(states['x-mbx-order-count-1m']),
      };
    },
  };
}

function wsClientOf(venue, label, other) {
  return new WebsocketAPIClient(
    {
      ...options(venue, label, other),
      wsUrl: host(venue.rest),
      attachEventListeners: false,
      muteLatencyWarning: true,
    },
    quiet,
  );
}

async function wsApiOf(venue, label, other) {
  const client = wsClientOf(venue, label, other);
  const stamped = (params) => ({ ...params, timestamp: Date.now() });
  const order = (method) => async (params) =>
    (await client[method]('usdm', stamped(params))).result;
  const read = (method) => async (params) => (await client[method](stamped(params))).result;
  const { apiKey } = venue.key(label);
  const key = (method) => async () =>
    (await client[method]({ apiKey }, WS_KEY_MAP.usdmWSAPI)).result;
  return {
    place: order('submitNewFuturesOrder'),
    modify: order('modifyFuturesOrder'),
    cancel: order('cancelFuturesOrder'),
    status: order('getFuturesOrderStatus'),
    balance: read('getFuturesAccountBalanceV2'),
    position: read('getFuturesPositionV2'),
    account: read('getFuturesAccountStatusV2'),
    startKey: key('startUserDataStreamForKey'),
    pingKey: key('pingUserDataStreamForKey'),
    stopKey: key('stopUserDataStreamForKey'),
  };
}

// It makes the listen key itself, and respawns the socket when the key has expired.
async function streamOf(venue, label) {
  const client = new WebsocketClient(
    { ...options(venue, label), wsUrl: venue.streams, baseUrl: venue.rest },
    quiet,
  );
  const events = new Events();
  const opened = new Events();
  client.on('message', (event) => events.push(event));
  client.on('open', ({ wsUrl }) => opened.push(wsUrl));
  client.on('reconnected', ({ wsUrl }) => opened.push(wsUrl));
  await client.subscribeUsdFuturesUserDataStream();
  const url = await opened.next('the private socket');
  return { events, opened, listenKey: new URL(url).searchParams.get('listenKey') };
}

export function open(venue) {
  const adapter = {
    rest: (label, other) => restOf(venue, label, other),
    wsApi: (label, other) => wsApiOf(venue, label, other),
    stream: (label) => streamOf(venue, label),
    isError,
    isWsError,
  };
  return {
    ...rawCases(adapter, venue),
    'query-order-id': notOffered(
      'it parses ids as doubles, and the id of an order may be beyond 2^53',
    ),
    async 'stream-expired'() {
      const { events, opened, listenKey } = await streamOf(venue, 'expiry');
      await venue.control('expire_listen_key', { account: 'expiry' });
      matches(await events.next('the expiry'), { e: 'listenKeyExpired', listenKey }, 'event');
      const url = new URL(await opened.next('the socket of a new key', 10000));
      ok(url.searchParams.get('listenKey') !== listenKey, 'a new key after the old one expired');
      await restOf(venue, 'expiry').place(restingOrder());
      matches(await events.next('an event of the new key'), { e: 'ORDER_TRADE_UPDATE' }, 'event');
    },
    async 'ws-logon'() {
      const client = wsClientOf(venue, 'logon');
      const { apiKey } = venue.key('logon');
      const authenticated = new Events();
      client.getWSClient().on('authenticated', (event) => authenticated.push(event));
      await client.getWSClient().connectWSAPI(WS_KEY_MAP.usdmWSAPI);
      matches(
        await authenticated.next('session.logon'),
        { status: 200, result: { apiKey } },
        'session.logon',
      );
      const order = restingOrder({ timestamp: Date.now() });
      const placed = await client.submitNewFuturesOrder('usdm', order);
      equal(placed.request.params.signature, undefined, 'a signature after the logon');
      matches(
        placed.result,
        { status: 'NEW', clientOrderId: order.newClientOrderId, price: dec(58000) },
        'order.place',
      );
      const asked = { symbol, origClientOrderId: order.newClientOrderId, timestamp: Date.now() };
      const cancelled = await client.cancelFuturesOrder('usdm', asked);
      matches(cancelled.result, { status: 'CANCELED' }, 'order.cancel');
    },
  };
}
