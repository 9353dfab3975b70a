// ccxt and its WebSocket half, ccxt.pro, told where the venue is.
//
// ccxt rounds prices and amounts itself, so refusals of malformed ones go through its implicit
// methods (fapiPrivatePostOrder, …), which sign and raise errors like all others. Some of its error
// classes are kept apart by the venue's host name: on another host those codes are plain
// ExchangeErrors.
import ccxt from 'ccxt';

import { equal, Events, ok } from '../check.mjs';
import { newId } from '../orders.mjs';

export const symbol = 'BTC/USDT:USDT';
export const id = 'BTCUSDT';

const classOf = {
  1021: ccxt.InvalidNonce,
  1022: ccxt.AuthenticationError,
  1102: ccxt.BadRequest,
  1111: ccxt.BadRequest,
  1121: ccxt.BadSymbol,
  1125: ccxt.AuthenticationError,
  2011: ccxt.OrderNotFound,
  2013: ccxt.OrderNotFound,
  2014: ccxt.AuthenticationError,
  2015: ccxt.AuthenticationError,
  4014: ccxt.BadRequest,
  4028: ccxt.BadRequest,
  4046: ccxt.MarginModeAlreadySet,
  4059: ccxt.OperationRejected,
  4061: ccxt.OperationRejected,
  4067: ccxt.OperationRejected,
  4068: ccxt.OperationRejected,
  5021: ccxt.InvalidOrder,
  5022: ccxt.InvalidOrder,
};

export function isError(error, code, expected = classOf[code] ?? ccxt.ExchangeError) {
  equal(error?.constructor?.name, expected.name, `class of ${error?.message ?? error}`);
  ok(error.message.includes(`"code":-${code}`), `${error.message} has not the code -${code}`);
}

// ccxt's own hooks for a subclass: what arrives, after ccxt has read it, and when a socket is open.
class Observed extends ccxt.pro.binanceusdm {
  seen = new Events();
  opened = new Events();

  handleMessage(client, message) {
    super.handleMessage(client, message);
    if (message.e !== undefined) this.seen.push(message);
  }

  onConnected(client, message) {
    super.onConnected(client, message);
    this.opened.push(client.url);
  }
}

function exchangeOf(venue, label, other) {
  const { apiKey, secret } = { ...venue.key(label), ...other };
  const exchange = new Observed({ apiKey, secret });
  const { api } = exchange.urls;
  for (const name of Object.keys(api))
    if (name.startsWith('fapi')) api[name] = venue.rest + new URL(api[name]).pathname;
  api.ws.future = `${venue.streams}/ws`;
  api.ws['ws-api'].future = venue.wsApi;
  // The list of coins is of another host, which is not simulated.
  exchange.options.fetchCurrencies = false;
  return exchange;
}

// One exchange for each account: markets are loaded once.
export function exchangesOf(venue) {
  const made = new Map();
  return (label, other) => {
    if (other !== undefined) return exchangeOf(venue, label, other);
    if (!made.has(label)) made.set(label, exchangeOf(venue, label));
    return made.get(label);
  };
}

export const rest = (exchange, more = {}, amount = 0.002, price = 58000) =>
  exchange.createOrder(symbol, 'limit', 'buy', amount, price, { clientOrderId: newId(), ...more });
export const market = (exchange, side, amount = 0.002, params = {}) =>
  exchange.createOrder(symbol, 'market', side, amount, undefined, params);

export async function withResting(exchange, run) {
  const order = await rest(exchange);
  try {
    return await run(order);
  } finally {
    await exchange.cancelOrder(order.id, symbol).catch(() => {});
  }
}

export async function withPosition(exchange, run) {
  const order = await market(exchange, 'buy');
  try {
    return await run(order);
  } finally {
    await market(exchange, 'sell', 0.002, { reduceOnly: true }).catch(() => {});
  }
}

export const openLimit = (order) => ({
  symbol,
  id: order.id,
  clientOrderId: order.clientOrderId,
  status: 'open',
  type: 'limit',
  side: 'buy',
  timeInForce: 'GTC',
  price: 58000,
  amount: 0.002,
  filled: 0,
  remaining: 0.002,
  reduceOnly: false,
  postOnly: false,
});
