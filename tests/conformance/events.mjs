// What a user-data stream says of an order, event by event.
import { dec, equal, matches, ok } from './check.mjs';
import { last, symbol } from './orders.mjs';

// The events of a market order that fills in two pieces, as the venue orders them.
export function checkFillEvents(events, order) {
  const names = events.map((one) =>
    one.e === 'ORDER_TRADE_UPDATE' ? `${one.e} ${one.o.x}` : one.e,
  );
  equal(
    names.join(', '),
    [
      'TRADE_LITE',
      'ORDER_TRADE_UPDATE NEW',
      'ACCOUNT_UPDATE',
      'ORDER_TRADE_UPDATE TRADE',
      'TRADE_LITE',
      'ACCOUNT_UPDATE',
      'ORDER_TRADE_UPDATE TRADE',
    ].join(', '),
    'events',
  );
  const [lite, born, account, part, secondLite, secondAccount, filled] = events;
  const c = order.newClientOrderId;
  matches(
    lite,
    { s: symbol, c, S: 'BUY', q: dec('0.004'), l: dec('0.002'), L: dec(last), m: false },
    'TRADE_LITE',
  );
  matches(
    born.o,
    {
      s: symbol,
      c,
      o: 'MARKET',
      ot: 'MARKET',
      X: 'NEW',
      q: dec('0.004'),
      z: dec(0),
      l: dec(0),
      t: 0,
      ps: 'BOTH',
      er: '0',
    },
    'NEW',
  );
  const fill = {
    c,
    l: dec('0.002'),
    L: dec(last),
    ap: dec(last),
    N: 'USDT',
    n: dec('0.06'),
    rp: dec(0),
    m: false,
    R: false,
  };
  matches(part.o, { ...fill, X: 'PARTIALLY_FILLED', z: dec('0.002'), i: born.o.i }, 'first TRADE');
  matches(filled.o, { ...fill, X: 'FILLED', z: dec('0.004'), i: born.o.i }, 'second TRADE');
  // A client may read the id at the end of an object as a double.
  for (const [light, full] of [
    [lite, part],
    [secondLite, filled],
  ]) {
    equal(Number(light.t), Number(full.o.t), 'trade id of the pair');
    equal(Number(light.i), Number(full.o.i), 'order id of the pair');
  }
  ok(part.o.t !== filled.o.t, 'two trade ids');
  for (const [update, held, wallet] of [
    [account, '0.002', '99999.94'],
    [secondAccount, '0.004', '99999.88'],
  ]) {
    equal(update.a.m, 'ORDER', 'reason');
    matches(
      update.a.P[0],
      { s: symbol, pa: dec(held), ep: dec(last), ps: 'BOTH', mt: 'cross', ma: 'USDT' },
      'position',
    );
    matches(
      update.a.B.find((one) => one.a === 'USDT'),
      { wb: dec(wallet), cw: dec(wallet), bc: dec(0) },
      'balance',
    );
  }
  for (const one of events.slice(0, 4))
    equal(`${one.T} ${one.E}`, `${lite.T} ${lite.T}`, 'T and E of the first fill');
}

// New, amended, cancelled: three events of one order.
export function checkOrderEvents(events, order) {
  equal(
    events.map((one) => `${one.e} ${one.o?.x} ${one.o?.X}`).join(', '),
    'ORDER_TRADE_UPDATE NEW NEW, ORDER_TRADE_UPDATE AMENDMENT NEW, ORDER_TRADE_UPDATE CANCELED CANCELED',
    'events',
  );
  const [placed, amended, cancelled] = events;
  const same = {
    c: order.newClientOrderId,
    i: placed.o.i,
    s: symbol,
    z: dec(0),
    ot: 'LIMIT',
    f: 'GTC',
  };
  matches(placed.o, { ...same, p: dec(58000), q: dec('0.002') }, 'NEW');
  matches(amended.o, { ...same, p: dec(58100), q: dec('0.003') }, 'AMENDMENT');
  matches(cancelled.o, { ...same, p: dec(58100), q: dec('0.003') }, 'CANCELED');
}
