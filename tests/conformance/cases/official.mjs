// @binance/derivatives-trading-usds-futures, the venue's own connector.
import {
  BadRequestError,
  DerivativesTradingUsdsFutures,
  ServerError,
  TooManyRequestsError,
  UnauthorizedError,
} from '@binance/derivatives-trading-usds-futures';

import { dec, equal, Events, failure, matches, ok, pattern } from '../check.mjs';
import { newId, restingOrder } from '../orders.mjs';
import { rawCases } from '../raw/cases.mjs';

const symbol = 'BTCUSDT';
const classes = {
  400: BadRequestError,
  401: UnauthorizedError,
  429: TooManyRequestsError,
  503: ServerError,
};
// The connector's default of one second is short for a build machine with everything else running.
const timeout = 10000;

function isError(error, { code, status, message }) {
  ok(error instanceof classes[status], `${error?.stack ?? error} is not a ${classes[status].name}`);
  // A ServerError has the status and nothing of the body.
  if (status >= 500) equal(error.statusCode, status, 'statusCode');
  else matches(error, { code, ...(message && { message }) }, 'error');
}

// Over the WebSocket API it rejects with the answer's own `error`.
function isWsError(error, wanted) {
  matches(error, wanted, 'error');
}

function credentials(venue, label, other) {
  const { apiKey, secret } = { ...venue.key(label), ...other };
  return { apiKey, [secret.includes('PRIVATE KEY') ? 'privateKey' : 'apiSecret']: secret };
}

function restOf(venue, label, other) {
  const { restAPI: api } = new DerivativesTradingUsdsFutures({
    configurationRestAPI: { ...credentials(venue, label, other), basePath: venue.rest, timeout },
  });
  let limits = [];
  const call = (method) => async (params) => {
    const response = await api[method](params);
    limits = response.rateLimits;
    return response.data();
  };
  const count = (type, interval) =>
    limits.find((one) => one.rateLimitType === type && one.interval === interval)?.count;
  return {
    exchangeInfo: call('exchangeInformation'),
    time: call('checkServerTime'),
    account: call('accountInformationV3'),
    balance: call('futuresAccountBalanceV3'),
    positions: call('positionInformationV3'),
    accountConfig: call('futuresAccountConfiguration'),
    symbolConfig: call('symbolConfiguration'),
    brackets: call('notionalAndLeverageBrackets'),
    mode: call('getCurrentPositionMode'),
    setMode: (dualSidePosition) => call('changePositionMode')({ dualSidePosition }),
    setLeverage: call('changeInitialLeverage'),
    setMarginType: call('changeMarginType'),
    place: call('newOrder'),
    modify: call('modifyOrder'),
    cancel: call('cancelOrder'),
    cancelAll: call('cancelAllOpenOrders'),
    placeBatch: (orders) => call('placeMultipleOrders')({ batchOrders: orders }),
    cancelBatch: call('cancelMultipleOrders'),
    query: call('queryOrder'),
    openOrders: call('currentAllOpenOrders'),
    allOrders: call('allOrders'),
    userTrades: call('accountTradeList'),
    placeAlgo: call('newAlgoOrder'),
    queryAlgo: call('queryAlgoOrder'),
    cancelAlgo: call('cancelAlgoOrder'),
    openAlgos: call('currentAllAlgoOpenOrders'),
    createListenKey: call('startUserDataStream'),
    extendListenKey: call('keepaliveUserDataStream'),
    closeListenKey: call('closeUserDataStream'),
    limits: () => ({
      weight: count('REQUEST_WEIGHT', 'MINUTE'),
      tenSeconds: count('ORDERS', 'SECOND'),
      minute: count('ORDERS', 'MINUTE'),
    }),
  };
}

function connectWsApi(venue, label, other) {
  const { websocketAPI } = new DerivativesTradingUsdsFutures({
    configurationWebsocketAPI: { ...credentials(venue, label, other), wsURL: venue.wsApi, timeout },
  });
  return websocketAPI.connect();
}

async function wsApiOf(venue, label, other) {
  const connection = await connectWsApi(venue, label, other);
  const call = (method) => async (params) => (await connection[method](params)).data;
  return {
    place: call('newOrder'),
    modify: call('modifyOrder'),
    cancel: call('cancelOrder'),
    status: call('queryOrder'),
    balance: call('futuresAccountBalanceV2'),
    position: call('positionInformationV2'),
    account: call('accountInformationV2'),
    startKey: call('startUserDataStream'),
    pingKey: call('keepaliveUserDataStream'),
    stopKey: call('closeUserDataStream'),
  };
}

// The connector subscribes with the listen key as the name of a stream of its private socket.
async function streamOf(venue, label) {
  const { listenKey } = await restOf(venue, label).createListenKey();
  const { websocketStreams } = new DerivativesTradingUsdsFutures({
    configurationWebsocketStreams: { wsURL: venue.streams },
  });
  const connection = await websocketStreams.connect();
  const events = new Events();
  const answered = new Events();
  connection.on('message', (text) => text.includes('"result"') && answered.push(text));
  connection.userData(listenKey).on('message', (event) => events.push(event));
  const answer = JSON.parse(await answered.next('the answer to SUBSCRIBE'));
  matches(answer, { result: null, id: pattern(/^[0-9a-f]{32}$/) }, 'answer to SUBSCRIBE');
  return { events, listenKey };
}

export function open(venue) {
  const adapter = {
    rest: (label, other) => restOf(venue, label, other),
    wsApi: (label, other) => wsApiOf(venue, label, other),
    stream: (label) => streamOf(venue, label),
    isError,
    isWsError,
    wholeIds: true,
  };
  return {
    ...rawCases(adapter, venue),
    async 'stream-expired'() {
      const { events, listenKey } = await streamOf(venue, 'expiry');
      await venue.control('expire_listen_key', { account: 'expiry' });
      matches(await events.next('the expiry'), { e: 'listenKeyExpired', listenKey }, 'event');
      const again = await streamOf(venue, 'expiry');
      ok(again.listenKey !== listenKey, 'a new key after the old one expired');
      await restOf(venue, 'expiry').place(restingOrder());
      matches(
        await again.events.next('an event of the new key'),
        { e: 'ORDER_TRADE_UPDATE' },
        'event',
      );
    },
    async 'ws-logon'() {
      const connection = await connectWsApi(venue, 'logon');
      const { apiKey } = venue.key('logon');
      const logon = await connection.sendSignedMessage('session.logon', { apiKey });
      matches(logon.data, { apiKey, returnRateLimits: true }, 'session.logon');
      const state = await connection.sendMessage('session.status');
      equal(state.data.apiKey, apiKey, 'session.status');
      // From here on neither key nor signature is sent.
      const order = restingOrder({ timestamp: Date.now() });
      const placed = await connection.sendMessage('order.place', order);
      matches(
        placed.data,
        { status: 'NEW', clientOrderId: order.newClientOrderId, price: dec(58000) },
        'order.place',
      );
      await connection.sendMessage('order.cancel', {
        symbol,
        origClientOrderId: order.newClientOrderId,
        timestamp: Date.now(),
      });
      matches(
        (await connection.sendMessage('session.logout')).data,
        { apiKey: null },
        'session.logout',
      );
      const refused = connection.sendMessage(
        'order.place',
        restingOrder({ timestamp: Date.now(), newClientOrderId: newId() }),
      );
      isWsError(await failure(refused, 'no session any more'), { code: -1102 });
    },
  };
}
