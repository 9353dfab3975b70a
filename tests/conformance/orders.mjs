// The orders that cases place, and what a placed one looks like in the venue's own JSON.
import { dec } from './check.mjs';

export const symbol = 'BTCUSDT';
export const last = '60000';
export const done = { code: 200, msg: 'success' };

// Prefixed as one of the clients wants its ids to be.
let ids = 0;
export const newId = () => `x-15PC4ZJy-${process.pid.toString(36)}-${(++ids).toString(36)}`;

export const restingOrder = (more = {}) => ({
  symbol,
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  quantity: '0.002',
  price: '58000',
  newClientOrderId: newId(),
  ...more,
});

export const marketOrder = (more = {}) => ({
  symbol,
  side: 'BUY',
  type: 'MARKET',
  quantity: '0.002',
  newClientOrderId: newId(),
  newOrderRespType: 'RESULT',
  ...more,
});

// Without the members that are undefined: some clients would send the word.
export const defined = (params) =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));

export const shapeOfPlaced = (order) => ({
  symbol: order.symbol,
  clientOrderId: order.newClientOrderId,
  side: order.side,
  type: order.type,
  origType: order.type,
  origQty: dec(order.quantity),
  timeInForce: order.timeInForce ?? 'GTC',
  positionSide: order.positionSide ?? 'BOTH',
  reduceOnly: false,
  closePosition: false,
  workingType: 'CONTRACT_PRICE',
  priceProtect: false,
  priceMatch: 'NONE',
  selfTradePreventionMode: 'EXPIRE_MAKER',
  goodTillDate: 0,
  stopPrice: dec(0),
});

// An order that rests while `run` runs; it is cancelled after, if it is still there.
export async function withResting(rest, run, more = {}) {
  const order = restingOrder(more);
  const placed = await rest.place(order);
  try {
    return await run(placed, order);
  } finally {
    await rest.cancel({ symbol, origClientOrderId: order.newClientOrderId }).catch(() => {});
  }
}

export async function withPosition(rest, run) {
  const opened = await rest.place(marketOrder());
  try {
    return await run(opened);
  } finally {
    await rest.place(marketOrder({ side: 'SELL', reduceOnly: 'true' })).catch(() => {});
  }
}
